/**
 * Chromium on Linux with the locale C or POSIX calls its language `en-US@posix`, which is no language tag: uPlot throws as it is
 * loaded, and with it the whole page. Imported for its effect, before anything that asks for the language.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  const [tag = 'en-US'] = navigator.language.split('@');
  Object.defineProperty(navigator, 'language', { value: tag, configurable: true });
}
