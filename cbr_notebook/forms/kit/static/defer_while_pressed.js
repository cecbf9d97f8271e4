// What all widgets of a form share: nothing moves under a pressed pointer.
//
// A click is lost whose press and release meet different things, and what is typed last is judged
// just when the button is pressed: the words beside the field come or go, and all below them moves.
// So what would be drawn meanwhile is drawn once the pointer is let go.
function deferWhilePressed(draw) {
  let pressed = false;
  let late = false;
  // Not in a choice, whose menu takes the release for itself, nor on a scroll bar.
  const press = (event) => {
    const { button } = event;
    const [target] = event.composedPath(); // also within the shadow that some pages put a form in
    pressed = button === 0 && Boolean(target.closest?.("button, label, input, summary"));
    if (!pressed) goOn();
  };
  // The click comes right after the release.
  const release = () => setTimeout(goOn);
  const goOn = () => {
    pressed = false;
    if (late) draw();
    late = false;
  };
  const heard = [
    ["pointerdown", press],
    ["pointerup", release],
    ["pointercancel", release],
    ["blur", ({ target }) => target === window && release()], // somebody went elsewhere
  ];
  for (const [what, hear] of heard) window.addEventListener(what, hear, true);
  return {
    draw: () => {
      if (pressed) late = true;
      else draw();
    },
    stop: () => {
      for (const [what, hear] of heard) window.removeEventListener(what, hear, true);
    },
  };
}

// What has the focus, where an element stands: a page may keep a form in a shadow.
function focused(element) {
  return element.getRootNode().activeElement;
}
