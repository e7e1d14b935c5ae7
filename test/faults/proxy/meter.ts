/** Request units of one second of the proxy's life. */
interface SecondOfUnits {
  readonly second: number;
  readonly spent: number;
  readonly offered: number;
}

export interface MeterReading {
  readonly commands: Readonly<Record<string, number>>;
  /** Writes (single documents) and reads (commands) that asked for request units. */
  readonly operations: number;
  readonly refusedOperations: number;
  /** `refusedOperations / operations`. */
  readonly refusedShare: number;
  /** Commands that asked for request units, and those of them that were refused at least in part. */
  readonly chargedCommands: number;
  readonly refusedCommands: number;
  /** `refusedCommands / chargedCommands`. */
  readonly refusedCommandShare: number;
  /** Refused commands by name. */
  readonly refusedByName: Readonly<Record<string, number>>;
  readonly spentUnits: number;
  readonly offeredUnits: number;
  readonly perSecond: readonly SecondOfUnits[];
  /** From the first to the last document that was written outside of `_migration`. */
  readonly writing: WritingWindow | undefined;
}

/** A time of load: milliseconds of the proxy's clock, units spent in it, and units that could have been spent in it. */
interface WritingWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly spentUnits: number;
  readonly availableUnits: number;
}

/** One command's sums. */
export interface Charge {
  readonly name: string;
  readonly operations: number;
  readonly refused: number;
  readonly spent: number;
  readonly offered: number;
  /** Writes draw the window in which the spent share of the limit is taken. */
  readonly isWrite: boolean;
  /** Units that could have been spent since the proxy started, the first burst among them. */
  readonly availableUnits: number;
}

/** Counts what was asked for, what was spent and what was refused. */
export class Meter {
  private readonly commandCounts: Record<string, number> = {};
  private readonly seconds = new Map<number, { spent: number; offered: number }>();
  private operations = 0;
  private refusedOperations = 0;
  private chargedCommands = 0;
  private refusedCommands = 0;
  private readonly refusedNames: Record<string, number> = {};
  private spentUnits = 0;
  private offeredUnits = 0;
  private writing:
    | { fromMs: number; toMs: number; spentBefore: number; spent: number; availableBefore: number; available: number }
    | undefined;

  command(name: string): void {
    this.commandCounts[name] = (this.commandCounts[name] ?? 0) + 1;
  }

  /** Books a command that asked for units. */
  charged(sums: Charge, nowMs: number): void {
    this.chargedCommands += 1;
    if (sums.refused > 0) {
      this.refusedCommands += 1;
      this.refusedNames[sums.name] = (this.refusedNames[sums.name] ?? 0) + 1;
    }
    this.operations += sums.operations;
    this.refusedOperations += sums.refused;
    if (sums.isWrite) {
      this.writing ??= {
        fromMs: nowMs,
        toMs: nowMs,
        spentBefore: this.spentUnits,
        spent: 0,
        availableBefore: sums.availableUnits,
        available: 0,
      };
    }
    this.spentUnits += sums.spent;
    this.offeredUnits += sums.offered;
    if (sums.isWrite && this.writing !== undefined) {
      this.writing.toMs = nowMs;
      this.writing.spent = this.spentUnits - this.writing.spentBefore;
      this.writing.available = sums.availableUnits - this.writing.availableBefore;
    }
    const second = Math.floor(nowMs / 1_000);
    const units = this.seconds.get(second) ?? { spent: 0, offered: 0 };
    this.seconds.set(second, { spent: units.spent + sums.spent, offered: units.offered + sums.offered });
  }

  reading(): MeterReading {
    const writing = this.writing;
    return {
      commands: { ...this.commandCounts },
      operations: this.operations,
      refusedOperations: this.refusedOperations,
      refusedShare: this.operations === 0 ? 0 : this.refusedOperations / this.operations,
      chargedCommands: this.chargedCommands,
      refusedCommands: this.refusedCommands,
      refusedCommandShare: this.chargedCommands === 0 ? 0 : this.refusedCommands / this.chargedCommands,
      refusedByName: { ...this.refusedNames },
      spentUnits: this.spentUnits,
      offeredUnits: this.offeredUnits,
      perSecond: [...this.seconds].map(([second, units]) => ({ second, ...units })),
      writing:
        writing === undefined
          ? undefined
          : {
              fromMs: writing.fromMs,
              toMs: writing.toMs,
              spentUnits: writing.spent,
              availableUnits: writing.available,
            },
    };
  }
}
