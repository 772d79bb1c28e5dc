// Questions to the server, and its answers. See docs/viewer-api.md.

/** An answer that is no success: `message` is a sentence for people, `code` one of the interface's words. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? `the server answered ${status}`);
    this.status = status;
    this.code = body.error ?? "failed";
    this.revision = body.revision;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {}

async function ask(address, options) {
  let reply;
  try {
    reply = await fetch(address, options);
  } catch {
    throw new Unreachable("The server does not answer. Start “spikesort view” again and open the address it prints: "
      + "everything this page confirmed is in the journal.");
  }
  if (!reply.ok) throw new Refused(reply.status, await reply.json().catch(() => ({})));
  return reply;
}

/** A JSON answer. */
export async function json(address) {
  return (await ask(address)).json();
}

/** A binary answer: its JSON with every array as a property. */
export async function bundle(address) {
  const buffer = await (await ask(address)).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const types = {float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array};
  for (const {name, type, shape, offset} of head.arrays) {
    head[name] = new types[type](buffer, 4 + length + offset, shape.reduce((x, y) => x * y, 1));
  }
  return head;
}

/** Sends an action; the answer comes when it is on disk. */
export async function post(revision, action) {
  const body = JSON.stringify({revision, action});
  return (await ask("api/actions", {method: "POST", headers: {"Content-Type": "application/json"}, body})).json();
}
