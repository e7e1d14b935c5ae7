/**
 * Colours of the report and of the live page, light and dark. Every text colour has a contrast of 4.5 or more on the grounds
 * that it stands on.
 */
export const THEME = `:root {
  color-scheme: light dark;
  --ground: #f4f5f8; --surface: #ffffff; --sunken: #f4f5f8; --ink: #171b24; --soft: #565f6e; --line: #dfe3ea; --grid: #e4e8ee;
  --accent: #2563d4; --accent-soft: #bcd0f5; --accent-ink: #1d4fb0;
  --good: #16794a; --good-ground: #e6f5ec; --bad: #bf2836; --bad-ground: #fdeceb; --note: #8a5800; --note-ground: #fdf3dd;
  --copy: #2f6fe0; --indexes: #d68a0c; --validate: #109384; --other: #98a1af;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --surface: #161b23; --sunken: #10151c; --ink: #e9ecf2; --soft: #9ca7b6; --line: #2b333f; --grid: #29313c;
    --accent: #5c97f7; --accent-soft: #2b4674; --accent-ink: #8db7ff;
    --good: #4fcb8d; --good-ground: #12291f; --bad: #ff8080; --bad-ground: #33191c; --note: #e8b250; --note-ground: #2c2413;
    --copy: #5c97f7; --indexes: #e0a136; --validate: #2fb8a6; --other: #6d7786;
  }
}
`;
