import { byId, write } from './elements.ts';
import { isThisMachine } from './isThisMachine.ts';

const KEY_NAME = 'mlflow-migrate.function-key';

/** The function key of this tab, null where none was entered. It lives in the tab's session storage and nowhere else. */
export function storedKey(): string | null {
  return sessionStorage.getItem(KEY_NAME);
}

/** Forgets the key and asks for one in place of everything else. `refusal`: why the one before did not do, empty where it was not refused. */
export function showGate(refusal: string): void {
  sessionStorage.removeItem(KEY_NAME);
  byId('monitor').hidden = true;
  byId('gate').hidden = false;
  byId('forget').hidden = true;
  byId('new').hidden = true;
  byId('refused').hidden = refusal === '';
  write(byId('refused'), refusal);
  const field = byId('key', HTMLInputElement);
  field.value = '';
  field.focus();
}

/** Why a key did not do, and where one is found: `npm run dev` prints the key of its host, the command the file that holds it. */
export function refusalOfKey(app: { readonly hostname: string }): string {
  return isThisMachine(app)
    ? 'The local host refused this key. What started it has printed the key, or the file that holds it, with the address of this page.'
    : 'The function app refused this key. Keys are listed by: az functionapp keys list';
}

/** Shows the migrations in place of the question. */
export function hideGate(): void {
  byId('gate').hidden = true;
  byId('monitor').hidden = false;
  byId('forget').hidden = false;
  byId('new').hidden = false;
}

/** Calls back with each key that is entered, once it is kept. */
export function onKeyEntered(callback: (key: string) => void): void {
  byId('gate-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const field = byId('key', HTMLInputElement);
    const key = field.value.trim();
    // A header holds no other characters: the browser would refuse to send it.
    if (!/^[\x21-\x7e]+$/.test(key)) {
      byId('refused').hidden = false;
      write(byId('refused'), 'A key is a line of letters, digits and symbols, without spaces.');
      return;
    }
    sessionStorage.setItem(KEY_NAME, key);
    field.value = '';
    callback(key);
  });
}
