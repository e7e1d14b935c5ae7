import { byId, write } from './elements.ts';

/** What is asked before something is done. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly isDangerous?: boolean;
  /** Ask too whether the run should follow its source. */
  readonly asksToFollow?: boolean;
}

/** What was answered: null where it was not to be done. */
export interface Consent {
  /** Seconds between two passes of a run that is to follow its source, null where it is not. */
  readonly follow: number | null;
}

/** Asks in a dialog, which Escape answers with no. */
export function confirmed(question: Question): Promise<Consent | null> {
  write(byId('confirm-title'), question.title);
  write(byId('confirm-text'), question.text);
  write(byId('confirm-no'), question.no);
  write(byId('confirm-yes'), question.yes);
  byId('confirm-yes').className = question.isDangerous ? 'danger' : 'primary';
  byId('confirm-follow').hidden = !question.asksToFollow;
  byId('confirm-form', HTMLFormElement).reset();
  const dialog = byId('confirm', HTMLDialogElement);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ? answered() : null), { once: true });
  });
}

function answered(): Consent {
  const seconds = byId('confirm-seconds', HTMLInputElement).valueAsNumber;
  const isFollowing = byId('confirm-follows', HTMLInputElement).checked && !byId('confirm-follow').hidden;
  return { follow: isFollowing ? seconds : null };
}
