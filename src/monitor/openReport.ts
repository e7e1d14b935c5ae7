import type { Api, ReportFormat } from './api.ts';
import { make } from './elements.ts';

/** Long enough for the tab to have read it. */
const KEPT_MS = 60_000;

/**
 * Opens a report in a tab of its own; where the browser allows none, it is downloaded. To be called within a click. Throws
 * what `api.report` throws.
 */
export async function openReport(api: Pick<Api, 'report'>, id: string, format: ReportFormat): Promise<void> {
  // Opened while the click counts as one: after the answer the browser would take it for a pop-up.
  const tab = window.open('', '_blank');
  if (tab !== null) tab.opener = null;
  let blob: Blob;
  try {
    blob = await api.report(id, format);
  } catch (error) {
    tab?.close();
    throw error;
  }
  const url = URL.createObjectURL(blob);
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
  if (tab === null) download(url, `report-${id}.${format === 'text' ? 'txt' : format}`);
  else tab.location.replace(url);
}

function download(url: string, name: string): void {
  const link = make('a');
  link.href = url;
  link.download = name;
  link.click();
}
