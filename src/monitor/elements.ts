/** An element of page.html by its id. Throws where it is not there, or not of this type: page and script do not fit then. */
export function byId<T extends Element = HTMLElement>(id: string, type?: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof (type ?? Element))) throw new TypeError(`The page has no such element ${id}`);
  return element as Element as T;
}

/** A new element. Text goes in as a text node: nothing that the API answers can become markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  if (text !== '') element.textContent = text;
  return element;
}

/** Sets an element's text, and leaves it alone where it says that already: a selection and a screen reader are not disturbed. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A call as code whose lines end between its words: a browser would end them at dashes, too. */
export function makeCall(command: string): HTMLElement {
  const code = make('code', 'call');
  for (const [index, word] of command.split(' ').entries()) code.append(index === 0 ? '' : ' ', make('span', '', word));
  return code;
}
