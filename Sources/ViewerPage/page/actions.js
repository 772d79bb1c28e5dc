// What a person can decide. Every action goes to the server first; the page shows what the server confirmed.

import {askNumber, askOne, askText} from "./dialogs.js";

/** The labels, Phy's four. */
export const labels = ["good", "mua", "noise", "unsorted"];

export function makeActions(store) {
  const names = (ids) => (ids.length === 1 ? `unit ${ids[0]}` : `units ${ids.join(", ")}`);
  const several = () => store.selection.length >= 2;
  const some = () => store.selection.length >= 1;

  async function act(action, words) {
    const answer = await store.act(action);
    if (answer) store.say("status", words(answer));
    return answer;
  }

  const made = (answer) => answer.changed.filter((unit) => !answer.removed.includes(unit.id)).map((unit) => unit.id);

  const actions = {
    merge: {can: several, run: () => act({do: "merge", units: [...store.selection]},
      (answer) => `Merged ${answer.removed.join(", ")} into ${names(made(answer))}.`)},

    split: {can: () => (store.lasso?.spikes.length ?? 0) > 0, run() {
      const spikes = Array.from(store.lasso.spikes);
      const units = [...new Set(spikes.map((spike) => store.unitOfSpike[spike]))];
      return act({do: "split", units, spikes}, (answer) => `Split ${names(answer.removed)}: now ${names(made(answer))}.`);
    }},

    splitMixture: {can: some, async run() {
      const units = [...store.selection];
      const components = await askNumber(`Split ${names(units)} by a mixture of how many components?`, {value: Math.max(2, units.length), low: 2, high: 20}, "Split");
      if (components) await act({do: "splitMixture", units, components}, (answer) => `The mixture split ${names(answer.removed)} into ${names(made(answer))}.`);
    }},

    label: {can: some, async run() {
      const units = [...store.selection];
      const chosen = await askOne(`Label ${names(units)}`, [...labels.map((label) => [label, label, label[0]]), [null, "no label", "x"]]);
      if (chosen) await actions.labelUnits(units, chosen.value);
    }},

    note: {can: some, async run() {
      const units = [...store.selection];
      const note = await askText(`Note on ${names(units)}`, store.unit(units[0]).note, "Keep");
      if (note !== null) await act({do: "note", units, note}, () => (note ? `Noted on ${names(units)}.` : `Took back the note on ${names(units)}.`));
    }},

    undo: {can: () => store.undo !== null && store.undo !== undefined, run: () => act({do: "undo"}, ({redo}) => `Undone: ${redo}.`)},

    redo: {can: () => store.redo !== null && store.redo !== undefined, run: () => act({do: "redo"}, ({undo}) => `Done again: ${undo}.`)},

    labelUnits: (units, label) => act({do: "label", units, label},
      () => (label ? `Labelled ${names(units)} ${label}.` : `Took back the label of ${names(units)}.`)),

    accept: ({first, second}) => act({do: "accept", units: [first, second]},
      (answer) => `Accepted: ${first} and ${second} are now ${names(made(answer))}.`),

    reject: ({first, second}) => act({do: "reject", units: [first, second]}, () => `Rejected: ${first} and ${second} stay apart.`),

    importPhy: () => act({do: "importPhy"}, () => "Took over what was changed in Phy."),
  };
  for (const action of Object.values(actions)) {
    if (!action.can) continue;
    const {can} = action;
    action.can = () => !store.session.readOnly && can();
  }
  return actions;
}
