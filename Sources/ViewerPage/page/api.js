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

/** The server did not answer, or not to the end: what was asked of it may have been done or not. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer. If it was stopped, start “spikesort view” again and open the address it prints: "
      + "everything this page confirmed is in the journal.");
  }
}

/** Asks, and reads the answer whole; what takes minutes to look up is as good as lost. */
async function ask(address, read, options = {}) {
  let [reply, body] = [null, null];
  try {
    reply = await fetch(address, {signal: AbortSignal.timeout(120_000), ...options});
    body = reply.ok ? await read(reply) : await reply.json().catch(() => ({}));
  } catch {
    throw new Unreachable();
  }
  if (!reply.ok) throw new Refused(reply.status, body);
  return body;
}

/** A JSON answer. */
export function json(address) {
  return ask(address, (reply) => reply.json());
}

/** A binary answer: its JSON with every array as a property. */
export async function bundle(address) {
  const buffer = await ask(address, (reply) => reply.arrayBuffer());
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const types = {float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array};
  for (const {name, type, shape, offset} of head.arrays) {
    head[name] = new types[type](buffer, 4 + length + offset, shape.reduce((x, y) => x * y, 1));
  }
  return head;
}

/** Sends an action; the answer comes when it is on disk. */
export function post(revision, action) {
  const body = JSON.stringify({revision, action});
  return ask("api/actions", (reply) => reply.json(),
    {method: "POST", headers: {"Content-Type": "application/json"}, body, signal: AbortSignal.timeout(600_000)});
}
