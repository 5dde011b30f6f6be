import { proxyName } from '@ack-secret-manager/alicloud-openapi'
import type { Check, Finding } from '../check.ts'
import { groupedBy } from '../../output/listed.ts'
import { durationText } from '../../output/time-text.ts'
import { CLOCK, SET_CLOCK } from '../clock-refusal.ts'
import { MAX_SKEW_MS, remainingText, renewCertificate } from './certificate-validity.ts'
import { connectionAction } from './connection-action.ts'
import {
  ConnectionFailure,
  hostOf,
  probeServer,
  type ProbeTarget,
  resolveHost,
  type ServerFacts,
} from './endpoint-probe.ts'

/** A server to reach. */
export interface NetworkTarget extends ProbeTarget {
  /** `KMS`, `STS` … */
  readonly service: string
}

const DNS_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 8_000
const DAY_MS = 86_400_000
const EXPIRES_SOON_MS = 14 * DAY_MS

/** Id of the last check of an endpoint, for checks that need it. */
export function reachedId(endpoint: string): string {
  return `network.tls.${endpoint}`
}

/** DNS, TCP and TLS of each server, and the clock of this machine against the first that responds. */
export function networkChecks(targets: readonly NetworkTarget[], nowMs: () => number): readonly Check[] {
  const clocks = new ServerClocks()
  const services = groupedBy(targets, ({ service }) => service)
  const checks = targets.flatMap((target) => {
    // The name of the service, unless there are several of them.
    const isOnly = services.get(target.service)?.length === 1
    return endpointChecks(target, isOnly ? target.service : target.endpoint, clocks, nowMs)
  })
  const clock: Check = {
    id: CLOCK,
    section: 'Network',
    title: 'Clock of this machine',
    needs: [],
    // Any server will do, so that one that is down does not hide the answer.
    after: checks.map(({ id }) => id),
    timeoutMs: DNS_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
    action: SET_CLOCK,
    run: () => Promise.resolve(clockFinding(clocks)),
  }
  return targets.length === 0 ? [] : [...proxyChecks(targets), ...checks, clock]
}

/** Which servers are reached through a proxy; none without one. */
function proxyChecks(targets: readonly NetworkTarget[]): readonly Check[] {
  const [first] = targets.flatMap(({ proxy }) => proxy ?? [])
  if (first === undefined) return []
  const hosts = (isProxied: boolean): string =>
    targets
      .filter(({ proxy }) => (proxy !== undefined) === isProxied)
      .map(({ endpoint }) => endpoint)
      .join(', ')
  const direct = hosts(false)
  const rest = direct === '' ? '' : `; ${direct} directly, by NO_PROXY`
  const detail = `HTTPS_PROXY: ${proxyName(first)} for ${hosts(true)}${rest}`
  return [
    {
      id: 'network.proxy',
      section: 'Network',
      title: 'Proxy',
      needs: [],
      timeoutMs: DNS_TIMEOUT_MS,
      action: 'Correct HTTPS_PROXY',
      run: () => Promise.resolve({ status: 'ok', detail }),
    },
  ]
}

function endpointChecks(
  target: NetworkTarget,
  name: string,
  clocks: ServerClocks,
  nowMs: () => number,
): readonly Check[] {
  const { endpoint, proxy } = target
  const dnsId = `network.dns.${endpoint}`
  const dns: Check = {
    id: dnsId,
    section: 'Network',
    title: `DNS of ${name}`,
    needs: [],
    timeoutMs: DNS_TIMEOUT_MS,
    action: connectionAction({ systemCode: 'EAI_AGAIN', endpoint }),
    run: () =>
      findingOf(async () => {
        if (proxy !== undefined) return `${hostOf(endpoint)} is resolved by the proxy ${proxyName(proxy)}`
        return `${hostOf(endpoint)} is ${(await resolveHost(endpoint)).join(', ')}`
      }),
  }
  const tls: Check = {
    id: reachedId(endpoint),
    section: 'Network',
    title: `TLS to ${name}`,
    needs: [dnsId],
    timeoutMs: CONNECT_TIMEOUT_MS,
    action: connectionAction({ systemCode: undefined, endpoint, proxy: proxy && proxyName(proxy) }),
    run: (signal) =>
      findingOf(async () => {
        const found = await probeServer(target, signal, nowMs)
        clocks.verified.push(found.skewMs)
        return tlsFinding(target, found, nowMs())
      }, clocks),
  }
  return [dns, tls]
}

/** What servers tell of the clock of this machine: how far it is ahead; undefined without a Date header. */
class ServerClocks {
  readonly verified: (number | undefined)[] = []
  /** Of servers whose certificate is not valid now; they count only if no other server responds. */
  readonly unverified: (number | undefined)[] = []
}

async function findingOf(work: () => Promise<string | Finding>, clocks?: ServerClocks): Promise<Finding> {
  try {
    const found = await work()
    return typeof found === 'string' ? { status: 'ok', detail: found } : found
  } catch (error) {
    if (!(error instanceof ConnectionFailure)) throw error
    const { message, action, skewMs, byClock } = error
    if (skewMs !== undefined) clocks?.unverified.push(skewMs)
    return { status: 'failed', detail: message, action, ...(byClock ? { consequenceOf: CLOCK } : {}) }
  }
}

/** A certificate that ends within a day is to do now, although the server can still be reached. Pure. */
export function tlsFinding({ endpoint, proxy }: NetworkTarget, facts: ServerFacts, nowMs: number): Finding {
  const { issuer, validToMs, protocol } = facts
  const leftMs = validToMs - nowMs
  const way = proxy === undefined ? '' : ` through the proxy ${proxyName(proxy)}`
  const detail = `${endpoint}${way}, ${protocol}, certificate of ${issuer} for ${remainingText(leftMs)}`
  if (leftMs < DAY_MS) return { status: 'failed', detail, action: renewCertificate(endpoint), blocks: false }
  return { status: 'ok', detail: `${detail}${leftMs < EXPIRES_SOON_MS ? '; its owner has to renew it' : ''}` }
}

function clockFinding({ verified, unverified }: ServerClocks): Finding {
  const all = [...verified, ...unverified]
  if (all.length === 0) return { status: 'skipped', detail: 'no server has responded' }
  const skewMs = all.find((each) => each !== undefined)
  if (skewMs === undefined) return { status: 'skipped', detail: 'no response has a Date header' }
  const seconds = Math.round(Math.abs(skewMs) / 1_000)
  if (Math.abs(skewMs) < MAX_SKEW_MS) return { status: 'ok', detail: `within ${Math.max(1, seconds)} s of the server` }
  return {
    status: 'failed',
    detail: `${seconds < 7_200 ? `${seconds} s` : durationText(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} the server; requests are refused from 900 s`,
    action: SET_CLOCK,
  }
}
