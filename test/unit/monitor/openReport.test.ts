// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ReportFormat } from '../../../src/monitor/api.ts';
import { openReport } from '../../../src/monitor/openReport.ts';

const api = { report: async (id: string, format: ReportFormat) => new Blob([`${id} as ${format}`]) };
const refusing = { report: () => Promise.reject(new Error('not found')) };

interface FakeTab {
  opener: unknown;
  readonly location: { readonly replace: (url: string) => void };
  readonly close: () => void;
}

let tab: FakeTab;
let opened: string[];

beforeEach(() => {
  vi.useFakeTimers();
  opened = [];
  tab = {
    opener: window,
    location: { replace: (url) => void opened.push(url) },
    close: () => void opened.push('closed'),
  };
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const allow = (window_: FakeTab | null): void => {
  vi.spyOn(window, 'open').mockReturnValue(window_ as unknown as Window | null);
};

test('a report goes into a tab that cannot reach the page, and is let go of later', async () => {
  allow(tab);
  const revoked = vi.spyOn(URL, 'revokeObjectURL');
  await openReport(api, 'nightly', 'html');
  expect(opened).toEqual([expect.stringMatching(/^blob:/)]);
  expect(tab.opener).toBeNull();
  expect(revoked).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(revoked).toHaveBeenCalledWith(opened[0]);
});

test.each([
  ['html', 'report-nightly.html'],
  ['text', 'report-nightly.txt'],
  ['json', 'report-nightly.json'],
] as const)('where no tab is allowed the %s is downloaded as %s', async (format, name) => {
  allow(null);
  const names: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download);
  });
  await openReport(api, 'nightly', format);
  expect(names).toEqual([name]);
});

test('a tab whose report does not come is closed, and why is thrown', async () => {
  allow(tab);
  await expect(openReport(refusing, 'nightly', 'html')).rejects.toThrow('not found');
  expect(opened).toEqual(['closed']);
});
