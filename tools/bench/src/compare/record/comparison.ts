import type { RequestCounts } from '@ack-secret-manager/testenv'
import type { ContenderName } from '../contenders/contenders.ts'

/** How far a change has come. */
export interface Reached {
  /** From the change until the last Secret that has it. */
  readonly seconds: number
  /** Until half of them have it. */
  readonly medianSeconds: number
  /** Secrets that have it; fewer than `of` if the deadline has passed. */
  readonly done: number
  readonly of: number
}

/** Resources that were used in a scenario. */
export interface Usage {
  /** Requests of the operator, without watches and Leases. */
  readonly requests: RequestCounts
  readonly kmsCalls: number
  readonly cpuSeconds: number
  /** API server and etcd. */
  readonly serverCpuSeconds: number
}

/** From the start of the process until every resource has its Secret. */
export interface FirstSync extends Usage {
  readonly secrets: Reached
  /** Until the last resource is Ready; undefined if the operator writes no status. */
  readonly readySeconds?: number
}

/** A time in which no value changes. */
export interface Quiet extends Usage {
  readonly seconds: number
  readonly rssMiB?: number
}

/** All values change at once. */
export interface Change extends Usage {
  readonly secrets: Reached
}

/** KMS answers 503 for a while, and all values change before its end. */
export interface Outage {
  readonly seconds: number
  readonly kmsCalls: number
  /** Secrets that lost a key. */
  readonly damaged: number
  /** From the end of the outage. */
  readonly secrets: Reached
  readonly peakRssMiB: number
}

/** A restart when every Secret is right. */
export interface Restart extends Usage {
  /** From the start of the process until every secret has been read. */
  readonly seconds: number
  readonly done: number
  readonly of: number
  readonly writes: number
  /** Bytes that the API server sent, encrypted. */
  readonly receivedBytes: number
  readonly peakRssMiB: number
}

/** Scenarios in their order. One without figures was not reached: the one before it passed its deadline. */
export interface Scenarios {
  readonly firstSync: FirstSync
  readonly quiet?: Quiet
  readonly change?: Change
  readonly outage?: Outage
  readonly restart?: Restart
}

/** What identifies a run. A later run replaces the earlier one. */
export interface RunKey {
  readonly contender: ContenderName
  readonly resources: number
  /** Resources for each secret. */
  readonly users: number
  /** From 1. */
  readonly run: number
}

/** A run. */
export interface RunRecord extends RunKey, Scenarios {
  /** Date and time of its start, in UTC. */
  readonly at: string
  /** Of this repository. */
  readonly commit: string
  readonly intervalMs: number
  readonly latencyMs: number
  readonly flags: readonly string[]
  /** Load average before and after it. */
  readonly load: readonly [before: number, after: number]
  readonly machine: Machine
  /** Set for the Go operator. */
  readonly go?: GoBuild
}

export interface Machine {
  readonly cpus: number
  readonly memoryGiB: number
  /** `linux x64` */
  readonly system: string
  /** `v24.0.0` */
  readonly node: string
}

export interface GoBuild {
  /** Of the Go compiler. */
  readonly go: string
  /** Of the binary. */
  readonly sha256: string
  /** How the binary differs from the release, in the words of the person who made it. */
  readonly note?: string
}

/** Contents of the file with all runs. */
export interface Comparison {
  readonly version: 1
  readonly runs: readonly RunRecord[]
}

/** @throws Error if it is no such file */
export function parseComparison(text: string): Comparison {
  const parsed = JSON.parse(text) as Partial<Comparison> | null
  if (parsed?.version !== 1 || !Array.isArray(parsed.runs)) throw new Error('not a comparison of version 1')
  return parsed as Comparison
}

const PRECISION = 6

/** Without the noise of floating-point differences. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(PRECISION)) : value
}

/** One run a line, so that a diff shows which runs are new. */
export function writeComparison({ version, runs }: Comparison): string {
  const lines = runs.map((run) => `    ${JSON.stringify(run, rounded)}`)
  return `{\n  "version": ${version},\n  "runs": [\n${lines.join(',\n')}\n  ]\n}\n`
}

const isSameRun = (a: RunKey, b: RunKey): boolean =>
  a.contender === b.contender && a.resources === b.resources && a.users === b.users && a.run === b.run

/** With a run in the place of its earlier figures. */
export function withRun({ version, runs }: Comparison, run: RunRecord): Comparison {
  const index = runs.findIndex((other) => isSameRun(other, run))
  return { version, runs: index < 0 ? [...runs, run] : runs.with(index, run) }
}

/** Whether a run of this commit exists. */
export function hasRun({ runs }: Comparison, key: RunKey, commit: string): boolean {
  return runs.some((run) => isSameRun(run, key) && run.commit === commit)
}
