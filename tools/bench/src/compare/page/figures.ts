import type { RequestCounts } from '@ack-secret-manager/testenv'
import type { RunRecord } from '../record/comparison.ts'

/** A row of the tables. */
export interface Figure {
  readonly title: string
  /** Less is better. */
  readonly isCost: boolean
  /** @returns undefined if the run has no such figure */
  readonly of: (run: RunRecord) => number | undefined
}

/** A table. */
export interface FigureGroup {
  readonly title: string
  /** What was done. */
  readonly about: string
  readonly figures: readonly Figure[]
}

const cost = (title: string, of: Figure['of']): Figure => ({ title, of, isCost: true })
const fact = (title: string, of: Figure['of']): Figure => ({ title, of, isCost: false })
const MEGABYTE = 1e6
const MINUTE_S = 60

const isComplete = ({ done, of }: { readonly done: number; readonly of: number }): boolean => done === of

/** The time of a scenario that did not pass its deadline. */
function time(reached: { readonly seconds: number; readonly done: number; readonly of: number } | undefined) {
  return reached !== undefined && isComplete(reached) ? reached.seconds : undefined
}

/** A cost of a scenario that did not pass its deadline, whose cost would be that of a part. */
function whole<T extends { readonly secrets: { readonly done: number; readonly of: number } }>(
  scenario: T | undefined,
  of: (scenario: T) => number,
): number | undefined {
  return scenario !== undefined && isComplete(scenario.secrets) ? of(scenario) : undefined
}

const total = (counts: RequestCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)
/** Reads of secrets; one for each resource that is due, with one user for each secret. */
const dueReads = ({ quiet, resources, users, intervalMs }: RunRecord): number =>
  ((quiet?.seconds ?? 0) * 1_000 * resources) / users / intervalMs

/** All figures, in the order of the page. */
export const FIGURES: readonly FigureGroup[] = [
  {
    title: 'First sync',
    about: 'The process starts with existing ExternalSecrets and without Secrets.',
    figures: [
      cost('last Secret, s', ({ firstSync }) => time(firstSync.secrets)),
      fact('last resource Ready, s', ({ firstSync }) => firstSync.readySeconds),
      cost('CPU of the operator, s', ({ firstSync }) => whole(firstSync, ({ cpuSeconds }) => cpuSeconds)),
      cost('CPU of API server and etcd, s', ({ firstSync }) => whole(firstSync, (used) => used.serverCpuSeconds)),
      cost('API requests a resource', ({ firstSync, resources }) =>
        whole(firstSync, ({ requests }) => total(requests) / resources),
      ),
      cost('KMS calls a resource', ({ firstSync, resources }) =>
        whole(firstSync, ({ kmsCalls }) => kmsCalls / resources),
      ),
    ],
  },
  {
    title: 'Quiet',
    about: 'No value changes.',
    figures: [
      fact('refreshes, % of those that were due', (run) => run.quiet && (100 * run.quiet.kmsCalls) / dueReads(run)),
      cost('CPU of the operator for a refresh, ms', ({ quiet }) =>
        quiet && quiet.kmsCalls > 0 ? (quiet.cpuSeconds * 1_000) / quiet.kmsCalls : undefined,
      ),
      cost('API requests a refresh', ({ quiet }) =>
        quiet && quiet.kmsCalls > 0 ? total(quiet.requests) / quiet.kmsCalls : undefined,
      ),
      cost(
        'CPU of API server and etcd a minute, s',
        ({ quiet }) => quiet && (quiet.serverCpuSeconds * MINUTE_S) / quiet.seconds,
      ),
      cost('RSS of the operator, MiB', ({ quiet }) => quiet?.rssMiB),
    ],
  },
  {
    title: 'All values change at once',
    about:
      'Operators notice a change at the next refresh. The Go operator refreshes all resources at about the same time, this one spreads them over the interval.',
    figures: [
      cost('last Secret, s', ({ change }) => time(change?.secrets)),
      cost('half of the Secrets, s', ({ change }) => whole(change, ({ secrets }) => secrets.medianSeconds)),
      cost('CPU of the operator, s', ({ change }) => whole(change, ({ cpuSeconds }) => cpuSeconds)),
      cost('CPU of API server and etcd, s', ({ change }) => whole(change, (used) => used.serverCpuSeconds)),
    ],
  },
  {
    title: 'Outage of KMS',
    about: 'KMS answers 503, by default for 35 s, and all values change before its end.',
    figures: [
      cost('Secrets that lost a key', ({ outage }) => outage?.damaged),
      cost('KMS calls during the outage', ({ outage }) => outage?.kmsCalls),
      cost('last Secret after the outage, s', ({ outage }) => time(outage?.secrets)),
      cost('peak RSS until then, MiB', ({ outage }) => outage?.peakRssMiB),
    ],
  },
  {
    title: 'Restart',
    about: 'Every Secret is right. Measured until every secret has been read.',
    figures: [
      cost('last secret read, s', ({ restart }) => time(restart)),
      cost('CPU of the operator, s', ({ restart }) => restart?.cpuSeconds),
      cost('writes', ({ restart }) => restart?.writes),
      cost('from the API server, MB', ({ restart }) => restart && restart.receivedBytes / MEGABYTE),
      cost('peak RSS, MiB', ({ restart }) => restart?.peakRssMiB),
    ],
  },
]

/** Where several resources use one secret. */
export const SHARED_FIGURES: FigureGroup = {
  title: 'Ten resources for each secret',
  about: 'First sync and quiet time with a tenth of the secrets.',
  figures: [
    cost('KMS calls a resource, first sync', ({ firstSync, resources }) =>
      whole(firstSync, ({ kmsCalls }) => kmsCalls / resources),
    ),
    cost(
      'KMS calls a resource and interval, quiet',
      ({ quiet, resources, intervalMs }) => quiet && (quiet.kmsCalls * intervalMs) / 1_000 / quiet.seconds / resources,
    ),
    cost('last Secret, first sync, s', ({ firstSync }) => time(firstSync.secrets)),
  ],
}
