import { TcpRelay } from '@ack-secret-manager/test-support/fault-proxy'
import { readFile } from 'node:fs/promises'
import { type AuditedRequest, countRequests, revisionOfMany, until, usageOf } from '@ack-secret-manager/testenv'
import { Meter, type MeterParts, type Reading } from '../../measure/meter.ts'
import { type Seen, watchReady } from '../../measure/watches.ts'
import type { Running } from '../contenders/running.ts'
import type { Change, FirstSync, Outage, Quiet, Restart, Scenarios, Usage } from '../record/comparison.ts'
import type { Course } from './course.ts'
import type { SecretValues } from './secret-values.ts'

const POLL_MS = 1_000
const WRITES: readonly string[] = ['create', 'update', 'patch', 'delete']

/** Figures of an operator, and the version of Go in its log. */
export type Measurement = Scenarios & { readonly go?: string }

/** Runs the scenarios of an operator, until one of them passes its deadline. @throws Error if the operator ends by itself */
export async function measureOperator(course: Course, values: SecretValues): Promise<Measurement> {
  const { progress, title, admin, namespace, resources, plane, user, writesStatus } = course
  progress.stage(`${title}: first sync of ${resources} resources`)
  await using ready = writesStatus ? await watchReady(admin, namespace, resources) : undefined
  const startedMs = Date.now()
  const { started: running, meter } = await start(course, () => course.start(plane.kubeconfigPathOf(user)))
  let scenarios: Scenarios
  try {
    const subject = { values, meter, ready, startedMs, pid: running.pid }
    scenarios = await Promise.race([measureRunning(course, subject), endOf(course, running)])
  } finally {
    await running.stop()
  }
  const go = running.go === undefined ? {} : { go: running.go }
  const isWhole = scenarios.outage !== undefined && !isLate(scenarios.outage.secrets)
  return { ...go, ...scenarios, ...(isWhole ? { restart: await measureRestart(course) } : {}) }
}

/** The first process of an operator. */
interface Subject {
  readonly values: SecretValues
  readonly meter: Meter
  readonly pid: number
  readonly startedMs: number
  /** Undefined for an operator that writes no status. */
  readonly ready: Seen | undefined
}

async function measureRunning(course: Course, subject: Subject): Promise<Scenarios> {
  const firstSync = await measureFirstSync(course, subject)
  if (isLate(firstSync.secrets)) return { firstSync }
  const quiet = await measureQuiet(course, subject)
  if (course.users > 1) return { firstSync, quiet }
  const change = await measureChange(course, subject)
  if (isLate(change.secrets)) return { firstSync, quiet, change }
  return { firstSync, quiet, change, outage: await measureOutage(course, subject) }
}

/** Rejects when the operator ends by itself. */
async function endOf({ title }: Course, { exited }: Running): Promise<never> {
  const lines = await exited
  throw new Error(`${title} ended: ${lines}`)
}

const isLate = ({ done, of }: { readonly done: number; readonly of: number }): boolean => done < of
const isWrite = ({ verb }: AuditedRequest): boolean => WRITES.includes(verb)

function usage({ requests, kmsCalls, cpuSeconds, serverCpuSeconds }: Reading): Usage {
  return { requests: countRequests(requests), kmsCalls, cpuSeconds, serverCpuSeconds }
}

function added(a: Usage, b: Usage): Usage {
  const requests = new Map(Object.entries(a.requests))
  for (const [what, count] of Object.entries(b.requests)) requests.set(what, (requests.get(what) ?? 0) + count)
  return {
    requests: Object.fromEntries([...requests].sort(([, one], [, other]) => other - one)),
    kmsCalls: a.kmsCalls + b.kmsCalls,
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    serverCpuSeconds: a.serverCpuSeconds + b.serverCpuSeconds,
  }
}

const start = (parts: MeterParts, from: () => Promise<Running>) => Meter.start(parts, from, (running) => running)

async function measureFirstSync(
  { deadlineMs }: Course,
  { values, meter, ready, startedMs }: Subject,
): Promise<FirstSync> {
  const secrets = await values.reach(0, startedMs, deadlineMs)
  const synced = await meter.read()
  const readyMs = isLate(secrets) ? undefined : await ready?.all(deadlineMs)
  if (!isLate(secrets)) await meter.settled(isWrite)
  return {
    secrets,
    ...(readyMs === undefined ? {} : { readySeconds: (readyMs - startedMs) / 1_000 }),
    // Calls after the last Secret are refreshes.
    ...added(usage(synced), { ...usage(await meter.read()), kmsCalls: 0 }),
  }
}

async function measureQuiet({ progress, title, quietMs }: Course, { meter, pid }: Subject): Promise<Quiet> {
  progress.stage(`${title}: ${quietMs / 1_000} s without a change`)
  await meter.read()
  const startedMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, quietMs))
  const seconds = (performance.now() - startedMs) / 1_000
  const used = usage(await meter.read())
  return { seconds, ...used, rssMiB: (await usageOf(pid)).rssMiB }
}

async function measureChange(course: Course, { meter, values }: Subject): Promise<Change> {
  const { progress, title, deadlineMs, simulator, secrets } = course
  progress.stage(`${title}: all values change`)
  await meter.read()
  const changedMs = Date.now()
  await simulator.control('PUT', '/secrets', revisionOfMany(secrets, 1))
  const reached = await values.reach(1, changedMs, deadlineMs)
  if (!isLate(reached)) await meter.settled(isWrite)
  return { secrets: reached, ...usage(await meter.read()) }
}

async function measureOutage(course: Course, { meter, values, pid }: Subject): Promise<Outage> {
  const { progress, title, deadlineMs, outageMs, simulator, secrets } = course
  progress.stage(`${title}: KMS answers 503 for ${outageMs / 1_000} s`)
  await meter.read()
  values.takeDamaged()
  await simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
  await new Promise((resolve) => setTimeout(resolve, outageMs))
  const { kmsCalls } = await meter.read()
  await simulator.control('PUT', '/secrets', revisionOfMany(secrets, 2))
  const backMs = Date.now()
  await simulator.control('DELETE', '/faults')
  progress.stage(`${title}: KMS is back`)
  const reached = await values.reach(2, backMs, deadlineMs)
  if (!isLate(reached)) await meter.settled(isWrite)
  const { peakRssMiB } = await usageOf(pid)
  return { seconds: outageMs / 1_000, kmsCalls, damaged: values.takeDamaged(), secrets: reached, peakRssMiB }
}

/** The operator connects through a relay that counts bytes. */
async function measureRestart(course: Course): Promise<Restart> {
  const { progress, title, deadlineMs, secrets, plane, user } = course
  progress.stage(`${title}: restart with everything right`)
  await using relay = await TcpRelay.open(await readFile(plane.kubeconfigPathOf(user), 'utf8'))
  const before = await readsOf(course)
  const startedMs = performance.now()
  const { started: running, meter } = await start(course, () => course.start(relay.kubeconfigPath))
  let done = 0
  try {
    const isDone = async (): Promise<boolean> => {
      const now = await readsOf(course)
      done = [...now].filter(([secret, count]) => count > (before.get(secret) ?? 0)).length
      // Fewer than all of them are a result.
      return done >= secrets || performance.now() - startedMs > deadlineMs
    }
    const all = until('every secret was read', isDone, { deadlineMs: 2 * deadlineMs, pauseMs: POLL_MS })
    await Promise.race([all, endOf(course, running)])
    const seconds = (performance.now() - startedMs) / 1_000
    await meter.settled(isWrite)
    const reading = await meter.read()
    const writes = reading.requests.filter(isWrite).length
    const { peakRssMiB } = await usageOf(running.pid)
    const { receivedBytes } = relay
    return { seconds, done, of: secrets, writes, receivedBytes, peakRssMiB, ...usage(reading) }
  } finally {
    await running.stop()
  }
}

/** Successful reads of each secret so far. */
async function readsOf({ simulator }: Pick<Course, 'simulator'>): Promise<ReadonlyMap<string, number>> {
  const { calls } = (await simulator.control('GET', '/calls?groupBy=secret&result=OK')) as {
    readonly calls: readonly { readonly secret: string; readonly count: number }[]
  }
  return new Map(calls.map(({ secret, count }) => [secret, count]))
}
