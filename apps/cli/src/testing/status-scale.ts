/**
 * Prints how long `acksm status -A` works on clusters of several sizes, without the requests to the API server.
 * Run it with `npm run status-scale`.
 */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  groupFailures,
  labelOf,
  liveExternalSecret,
  storeState,
  type Workload,
} from '@ack-secret-manager/resource-view'
import { overviewText } from '../status/overview/overview-text.ts'

const NAMESPACES = 60
const SIZES = [1_200, 5_000, 20_000]
const RUNS = 5
const HOST = 'kms-vpc.cn-hangzhou.aliyuncs.com'
const TIME = '2026-11-29T03:12:00Z'

const { values } = parseArgs({ options: { sizes: { type: 'string', default: SIZES.join(',') } } })
for (const size of values.sizes.split(',').map(Number)) console.log(JSON.stringify(measured(size)))

/** The fastest of several runs, in ms. */
function measured(size: number): object {
  const runs = Array.from({ length: RUNS }, () => run(size))
  const best = (stage: keyof (typeof runs)[number]): number => Math.min(...runs.map((each) => each[stage]))
  return {
    resources: size,
    parseMs: best('parse'),
    groupMs: best('group'),
    textMs: best('text'),
    groups: best('groups'),
  }
}

function run(size: number) {
  const objects = Array.from({ length: size }, (_, index) => externalSecret(index))
  const parse = performance.now()
  const all = objects.map(liveExternalSecret)
  const states = Array.from({ length: NAMESPACES }, (_, index) => storeState('SecretStore', store(index)))
  const group = performance.now()
  const stores = new Map(states.map((state) => [labelOf(state), state]))
  const groups = groupFailures({ all, stores, workloads: all.map(workloadOf) })
  const text = performance.now()
  const operator = { state: 'running', detail: '', deployments: [], leases: [], home: { kind: 'none' } } as const
  const overview = {
    resources: all,
    groups,
    stores: states,
    clusterExternalSecrets: [],
    pushSecrets: [],
    operator,
  }
  overviewText(overview, { paint: (_colour, shown) => shown, nowMs: Date.parse(TIME), isWide: false })
  const end = performance.now()
  return {
    parse: Math.round(group - parse),
    group: Math.round(text - group),
    text: Math.round(end - text),
    groups: groups.length,
  }
}

/** Half of them fail with the outage of one endpoint, a quarter with causes of their own. */
function externalSecret(index: number): KubeObject {
  const message =
    index % 4 === 0
      ? `SecretNotFound: KMS secret at ${HOST}: no secret ${wordOf(index)}`
      : `Stale: KMS secret "app/s${index}" at ${HOST}: unavailable (HTTP 503) (last values kept)`
  const isFine = index % 4 === 3
  const reason = isFine ? 'Synced' : index % 4 === 0 ? 'SecretNotFound' : 'Stale'
  const condition = { type: 'Ready', status: isFine ? 'True' : 'False', reason, message, lastTransitionTime: TIME }
  return {
    metadata: { namespace: `team-${index % NAMESPACES}`, name: `app-${index}` },
    spec: { data: [{ key: `app/s${index}`, name: 'password', secretStoreRef: { name: 'kms' } }] },
    status: { conditions: [condition] },
  }
}

/** Letters only: numbers do not make another cause. */
function wordOf(index: number): string {
  return String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')
}

function store(index: number): KubeObject {
  const message = `${HOST} has not responded since ${TIME}`
  const conditions = [
    { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: TIME },
    { type: 'Reachable', status: 'False', reason: 'Unavailable', message, lastTransitionTime: TIME },
  ]
  return { metadata: { namespace: `team-${index}`, name: 'kms' }, status: { conditions, endpoint: HOST } }
}

function workloadOf({ namespace, name }: { readonly namespace: string; readonly name: string }): Workload {
  return { kind: 'Deployment', namespace, name, uses: [{ secret: name, how: 'envFrom' }] }
}
