/**
 * Browsers under the locale POSIX call their language `en-US@posix`, of which `Intl` makes no format: the library of the charts
 * would throw when it is loaded, and nothing of the page would run. To be imported before it.
 */
function ensureReadableLanguage(): void {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en-US' });
  }
}

ensureReadableLanguage();
