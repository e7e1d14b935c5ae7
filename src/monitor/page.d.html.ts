/** The page as it is served: one document, with its script and style in it. */
export interface MonitorPage {
  readonly html: string;
  /** SHA-256 of its script in base64, as a `Content-Security-Policy` names it. */
  readonly scriptHash: string;
}

/** What `scripts/monitorPage.ts` makes of page.html, app.ts and style.css; there in the built app only. */
export declare const MONITOR_PAGE: MonitorPage;
