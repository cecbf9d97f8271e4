// The messages of a form are handled in the order in which they were sent.
//
// The kernel may bring the messages of different widgets by different threads, so that a click
// would overtake what was typed just before it: each message names its form and its turn.
function inOrder(model, el) {
  const send = (message) => {
    const form = el.closest(".cbr-form") ?? el;
    form.dataset.speaker ??= Math.random().toString(36).slice(2);
    const turn = Number(form.dataset.turn ?? 0) + 1;
    try {
      model.send({ ...message, speaker: form.dataset.speaker, turn });
      form.dataset.turn = turn;
    } catch {
      // The form was closed while somebody was in it: nobody is there to hear it.
    }
  };
  return {
    get: (name) => model.get(name),
    set: (name, value) => model.set(name, value),
    on: (event, hear) => model.on(event, hear),
    off: (event, hear) => model.off(event, hear),
    send,
  };
}
