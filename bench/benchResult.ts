import type { CpuByPhase } from './cpuByPhase.ts';
import type { ByProcess } from './processSampler.ts';

/** A command as a whole: by its report, and with the start and stop of its local host and storage. */
export interface WholeSeconds {
  readonly total: number;
  readonly command: number;
}

/** What `npm run bench` prints and keeps: medians of its rounds. README.md says what each field means. */
export interface BenchResult {
  readonly scale: number;
  readonly layout: 'tables' | 'mlflow';
  readonly runs: number;
  readonly records: number;
  readonly rows: number;
  readonly seconds: WholeSeconds & {
    readonly beforeCopy: number;
    readonly copy: number;
    readonly indexes: number;
    readonly validate: number;
    readonly firstRow: number | null;
    readonly appStart: number | null;
  };
  /** The command without any validation. Results that were kept before it was measured have no such figures: there indexes were made before anything was compared. */
  readonly withoutProof?: {
    readonly seconds: { readonly command: number; readonly copy: number; readonly indexes: number };
    readonly cpuSeconds: CpuByPhase | null;
  };
  readonly rerunSeconds: WholeSeconds;
  readonly catchUpSeconds: WholeSeconds;
  readonly plainLoop: { readonly seconds: number } | null;
  readonly cpuSeconds: CpuByPhase | null;
  readonly foreignCpuSeconds: number | null;
  readonly overheadShare: number | null;
  readonly activitySeconds: Readonly<Record<string, number>>;
  readonly recordsPerSecond: { readonly copy: number; readonly copyAndValidate: number };
  readonly rowsPerSecond: { readonly copy: number; readonly copyAndValidate: number; readonly whole: number };
  readonly peakMemoryMb: Pick<ByProcess, 'host' | 'command'> & {
    readonly storage: number | null;
    readonly mongod: number | null;
    readonly postgres: number | null;
  };
  readonly limits: {
    readonly copyToNowhere: { readonly seconds: number; readonly rowsPerSecond: number };
    readonly insertFromMemory: {
      readonly seconds: number;
      readonly documents: number;
      readonly documentsPerSecond: number;
    };
  };
  readonly ratio: number;
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    readonly memoryGb: number;
    readonly node: string;
    readonly postgres: string;
    readonly mongodb: string;
  };
  readonly load: readonly [before: number, after: number];
  readonly note: string | null;
  readonly date: string;
}
