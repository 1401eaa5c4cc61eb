"""What the hand does outside widgets: keys on the page; and the address the page shows."""

import panel as pn
import param

KEYS = {
    "ArrowDown": "next",
    "ArrowRight": "next",
    "j": "next",
    "ArrowUp": "previous",
    "ArrowLeft": "previous",
    "k": "previous",
    "?": "help",
}


class Hands(pn.custom.JSComponent):
    """Invisible: sends named keys to `on_msg` and replaces the address in the browser's bar.

    Keys typed into a field or on a control stay there. `/` moves the cursor to the field that is
    labelled `search_label`, without asking the server. The message `ready` comes once, when the
    page is in the browser.
    """

    address = param.String(default="", doc="Query of the page's address, replaced not pushed.")
    keys = param.Dict(default=KEYS, doc="From the browser's name of a key to what it means.")
    search_label = param.String(default="", doc="Label of the field that / goes to.")

    _esm = """
const OWN = "input, textarea, select, [contenteditable=true], [role=slider], [role=combobox], " +
  "[role=option], [role=listbox], [role=menuitem], [role=tab]"

function deepFind(root, test) {
  for (const node of root.querySelectorAll("*")) {
    if (test(node)) { return node }
    if (node.shadowRoot) {
      const found = deepFind(node.shadowRoot, test)
      if (found) { return found }
    }
  }
  return null
}

export function render({ model }) {
  const show = () => {
    if (model.address) { window.history.replaceState({}, "", model.address) }
  }
  model.on("address", show)
  show()
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) { return }
    const target = event.composedPath()[0]
    if (target instanceof Element && target.closest(OWN)) { return }
    if (event.key === "/" && model.search_label) {
      const field = deepFind(document, (node) =>
        node.tagName === "INPUT" && node.offsetParent !== null &&
        node.labels?.[0]?.textContent === model.search_label)
      if (field) { field.focus(); event.preventDefault() }
      return
    }
    const meaning = model.keys[event.key]
    if (meaning) { model.send_msg(meaning); event.preventDefault() }
  }
  document.addEventListener("keydown", pressed)
  model.on("remove", () => document.removeEventListener("keydown", pressed))
  // now and then the browser never reports that the page is ready: say so ourselves
  setTimeout(() => model.send_msg("ready"), 400)
  const el = document.createElement("span")
  el.hidden = true
  return el
}
"""

    def __init__(self, **params) -> None:
        super().__init__(width=0, height=0, margin=0, **params)
