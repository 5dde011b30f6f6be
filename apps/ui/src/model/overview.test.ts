import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type LiveExternalSecret, storeState } from '@ack-secret-manager/resource-view'
import { describe, expect, it } from 'vitest'
import { condition, deployment, externalSecret, secretStore, statusOf, TIME } from '../testing/objects.ts'
import { calendarOf } from './calendar.ts'
import { causesOf, storeProblemsOf } from './causes.ts'
import { changesOf } from './changes.ts'
import { clusterView } from './cluster-view.ts'
import { kmsSampleOf, kmsView, withSample } from './kms-metrics.ts'
import { resourceObject, type WorkloadObject, workloadObject } from './objects.ts'
import { type OperatorObjects, operatorStateFrom, operatorView } from './operator-view.ts'
import type { AccessView } from './views/access.ts'

const NOW_MS = Date.parse('2026-11-29T03:30:00Z')
const named = (prefix: string, count: number, status: object): LiveExternalSecret[] =>
  Array.from({ length: count }, (_, index) => resourceObject(externalSecret(`${prefix}${index}`, { status })))

describe('the causes', () => {
  it('are groups, the largest first, with their stores, workloads and what to do', () => {
    const resources = [
      ...named('stale', 3, statusOf('Stale', 'KMS secret "a" at kms.example: unavailable (HTTP 503)', { keyCount: 1 })),
      ...named('denied', 1, statusOf('AccessDenied', 'not allowed')),
      ...named('fine', 4, statusOf('Synced')),
    ]
    const workload = workloadObject('Deployment', deployment('api', 'web'))
    const { causes, more } = causesOf({ resources, stores: [], workloads: workload === undefined ? [] : [workload] })
    expect(more).toEqual({ causes: 0, resources: 0 })
    expect(causes).toMatchObject([
      {
        reason: 'Stale',
        cause: 'HTTP 503 at kms.example',
        stores: ['SecretStore shop/kms'],
        count: 3,
        total: 8,
        since: TIME,
        usedBy: { Deployment: 1 },
      },
      {
        reason: 'AccessDenied',
        count: 1,
        resources: ['shop/denied0'],
        guide: { cure: expect.stringContaining('kms:GetSecretValue') as string },
      },
    ])
    // The store is known, and so are its commands.
    expect(causes[0]?.guide?.run).toContain('acksm status store/kms -n shop')
    const [first, second] = causesOf({ resources: resources.slice(1), stores: [], workloads: [] }).causes
    expect([first?.id, second?.id]).toEqual(causes.map(({ id }) => id))
    expect(first?.id).not.toBe(second?.id)
  })

  it('name in their commands the only resource, the only store of several, or the first resource', () => {
    const own = { spec: { data: [{ key: 'app/db', name: 'password' }] } }
    const runOf = (...resources: readonly LiveExternalSecret[]) =>
      causesOf({ resources, stores: [], workloads: [] }).causes.flatMap(({ guide }) => guide?.run ?? [])
    const status = statusOf('AccessDenied', 'not allowed')
    expect(runOf(...named('one', 1, status))).toContain('acksm refresh one0 -n shop --wait')
    expect(runOf(...named('few', 3, status))).toContain('acksm refresh store/kms -n shop --wait')
    const withoutStore = ['a', 'b'].map((name) => resourceObject(externalSecret(name, { ...own, status })))
    expect(runOf(...withoutStore)).toContain('acksm refresh a -n shop --wait')
    const names = ['one', 'few', 'more'].flatMap((name) => runOf(...named(name, name.length, status)))
    expect(names.filter((command) => /\bNAME/.test(command))).toEqual([])
  })

  it('know how many of their Secrets were written', () => {
    const writtenOf = (...counts: readonly { readonly keyCount?: number }[]) => {
      const resources = counts.flatMap((more, index) => named(`r${index}`, 1, statusOf('AccessDenied', 'no', more)))
      return causesOf({ resources, stores: [], workloads: [] }).causes.map(({ guide }) => guide?.written)
    }
    expect([writtenOf({}, {}), writtenOf({}, { keyCount: 1 }), writtenOf({ keyCount: 1 })]).toEqual([
      ['none'],
      ['some'],
      [undefined],
    ])
  })

  it('are limited, and so are their resources', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      named(`r${index}x`, 1, statusOf(`Reason${'abcdefghij'[index % 10]}${'klmnop'[Math.floor(index / 10)]}`)),
    )
    const { causes, more } = causesOf({
      resources: [...many.flat(), ...named('big', 150, statusOf('Stale'))],
      stores: [],
      workloads: [],
    })
    expect([causes.length, more, causes[0]?.count, causes[0]?.resources.length]).toEqual([
      50,
      { causes: 11, resources: 11 },
      150,
      100,
    ])
  })

  it('of stores are groups as well', () => {
    const broken = (namespace: string) =>
      storeState(
        'SecretStore',
        secretStore('kms', {
          metadata: { namespace },
          status: { conditions: [condition('Ready', 'False', 'InvalidSpec', 'spec.KMS: no')] },
        }),
      )
    expect(storeProblemsOf([broken('a'), broken('b')])).toEqual({
      storeProblems: [
        { stores: ['SecretStore a/kms', 'SecretStore b/kms'], state: 'InvalidSpec', cause: 'spec.KMS: no' },
      ],
      moreStoreProblems: 0,
    })
  })

  it('of many stores are counted, and those of a ClusterSecretStore come first', () => {
    const status = (message: string) => ({ conditions: [condition('Ready', 'False', 'InvalidSpec', message)] })
    const letters = Array.from('abcdefgh').flatMap((one) => Array.from('klmnopqr', (other) => one + other))
    const stores = letters.map((each) => storeState('SecretStore', secretStore(each, { status: status(`no ${each}`) })))
    const shared = storeState('ClusterSecretStore', { metadata: { name: 'shared' }, status: status('gone') })
    const { storeProblems, moreStoreProblems } = storeProblemsOf([...stores, shared])
    expect([storeProblems.length, moreStoreProblems, storeProblems[0]?.stores]).toEqual([
      50,
      15,
      ['ClusterSecretStore shared'],
    ])
  })

  it.each(['(', '[', '(\\w+)+$', '__proto__'])('of a forged status are shown: reason %s', (reason) => {
    const status = {
      ...statusOf(reason, `${'a'.repeat(40)}!`),
      target: { name: reason, keyCount: 1, lastChangeTime: TIME },
    }
    const { causes } = causesOf({ resources: named('r', 2, status), stores: [], workloads: [] })
    expect(causes).toMatchObject([{ reason, cause: `${'a'.repeat(40)}!`, count: 2 }])
  })

  it.each(['constructor', '__proto__'])('count no workload of a forged kind: %s', (kind) => {
    const ownerReferences = [{ apiVersion: 'x/v1', kind, name: 'x', uid: 'u', controller: true }]
    const workload = workloadObject('Deployment', deployment('api', 'web', { metadata: { ownerReferences } }))
    const resources = [resourceObject(externalSecret('web', { status: statusOf('Stale') }))]
    const { causes } = causesOf({ resources, stores: [], workloads: workload === undefined ? [] : [workload] })
    expect(causes).toMatchObject([{ usedBy: { Deployment: 1 } }])
  })
})

describe('the last hour', () => {
  it.each<[what: string, object: KubeObject, changes: readonly (readonly [string, string])[]]>([
    [
      'a write and a condition',
      externalSecret('web', { status: statusOf('Synced', '', { keyCount: 1 }) }),
      [
        ['written', ''],
        ['ready', 'Synced'],
      ],
    ],
    ['a failure', externalSecret('web', { status: statusOf('Stale') }), [['not-ready', 'Stale']]],
    ['a suspension', externalSecret('web', { status: statusOf('Suspended') }), [['suspended', 'Suspended']]],
    ['a new resource', externalSecret('web', { metadata: { creationTimestamp: TIME } }), [['created', '']]],
    ['an older change', externalSecret('web', { metadata: { creationTimestamp: '2026-11-29T02:00:00Z' } }), []],
    ['a time that is none', externalSecret('web', { metadata: { creationTimestamp: 'yesterday' } }), []],
  ])('has %s', (_what, object, expected) => {
    const changes = changesOf([resourceObject(object)], [], NOW_MS)
    expect(changes.map(({ kind, text }) => [kind, text])).toEqual(expected)
  })

  it('has restarts, the latest first, and is limited', () => {
    const restart = {
      restartedFor: ['web0'],
      restartedAt: '2026-11-29T03:20:00Z',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'api',
      uses: [],
    }
    const changes = changesOf([...named('r', 150, statusOf('Stale')), ...named('web', 1, {})], [restart], NOW_MS)
    expect(changes).toHaveLength(100)
    expect(changes[0]).toEqual({
      time: '2026-11-29T03:20:00Z',
      kind: 'restarted',
      resource: 'shop/web0',
      text: 'Deployment api',
    })
  })

  it('has no restarts that an annotation invents, and some changes of each namespace', () => {
    const names = Array.from({ length: 30_000 }, (_, index) => [`invented${index}`, 'change'])
    const forged = (restartedAt: string, list: readonly (readonly string[])[]): WorkloadObject[] => {
      const annotations = { 'alibabacloud.com/restarted-for': JSON.stringify(Object.fromEntries(list)) }
      const template = { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } } }
      const uses = { spec: { template: { ...template, spec: { volumes: [{ secret: { secretName: 'web' } }] } } } }
      const found = workloadObject('Deployment', deployment('api', 'web', { metadata: { annotations }, ...uses }))
      return found === undefined ? [] : [found]
    }
    const own = named('own', 200, {})
    const other = resourceObject(externalSecret('web', { metadata: { namespace: 'bank' }, status: statusOf('Stale') }))
    const now = '2026-11-29T03:29:59Z'
    const workloads = [
      ...forged(now, names),
      ...forged(
        '2099-01-01T00:00:00Z',
        own.map(({ name }) => [name, 'change']),
      ),
      ...forged(
        now,
        own.map(({ name }) => [name, 'change']),
      ),
      ...forged(
        now,
        own.map(({ name }) => [name, 'change']),
      ),
    ]
    expect(workloads.map(({ restartedFor }) => restartedFor.length)).toEqual([100, 100, 100, 100])
    const changes = changesOf([...own, other], workloads, NOW_MS)
    expect(changes).toHaveLength(100)
    expect(changes.filter(({ time }) => time !== now)).toEqual([
      { time: TIME, kind: 'not-ready', resource: 'bank/web', text: 'Stale' },
    ])
    expect(changes.filter(({ resource }) => resource.startsWith('shop/invented'))).toEqual([])
  })
})

describe('the calendar', () => {
  const rotating = (name: string, ...secrets: readonly (readonly [key: string, time: string | undefined])[]) =>
    resourceObject(
      externalSecret(name, {
        status: statusOf('Synced', '', {
          secrets: secrets.map(([key, nextTime]) => ({
            key,
            type: 'Rds',
            ...(nextTime === undefined ? {} : { rotation: { automatic: true, nextTime } }),
          })),
        }),
      }),
    )

  it('has each rotation once, the earliest first, with its resources', () => {
    const calendar = calendarOf([
      rotating(
        'a',
        ['db', '2027-01-02T00:00:00Z'],
        ['key', '2027-01-01T00:00:00Z'],
        ['none', undefined],
        ['bad', 'soon'],
      ),
      rotating('b', ['db', '2027-01-02T00:00:00Z'], ['db', '2027-01-02T00:00:00Z']),
    ])
    expect(calendar).toEqual({
      rotations: [
        {
          time: '2027-01-01T00:00:00Z',
          secret: 'key',
          kind: 'kms',
          type: 'Rds',
          automatic: true,
          resources: ['shop/a'],
          count: 1,
        },
        {
          time: '2027-01-02T00:00:00Z',
          secret: 'db',
          kind: 'kms',
          type: 'Rds',
          automatic: true,
          resources: ['shop/a', 'shop/b'],
          count: 2,
        },
      ],
      more: 0,
    })
  })

  it('is limited', () => {
    const all = Array.from({ length: 250 }, (_, index) =>
      rotating(`r${index}`, [`s${index}`, '2027-01-01T00:00:00Z'], ['shared', '2027-01-02T00:00:00Z']),
    )
    const { rotations, more } = calendarOf(all)
    expect([rotations.length, more]).toEqual([200, 51])
    expect(calendarOf(all.slice(0, 30)).rotations.at(-1)).toMatchObject({ count: 30, resources: { length: 20 } })
  })

  const generating = (namespace: string, name: string, ...generated: readonly object[]) =>
    resourceObject(externalSecret(name, { metadata: { namespace }, status: statusOf('Synced', '', { generated }) }))
  const token = (name: string, renewalTime: string) => ({
    name,
    generatedTime: TIME,
    renewalTime,
    expiryTime: '2027-01-01T12:00:00Z',
  })

  it('has the renewals of generated keys, each of its own resource', () => {
    const password = { name: 'password', generatedTime: TIME, renewalTime: '2027-01-01T00:00:00Z' }
    const { rotations } = calendarOf([
      generating('shop', 'a', password, token('session', '2027-01-01T08:00:00Z')),
      generating('shop', 'b', password, { name: 'fixed', generatedTime: TIME }, { ...password, renewalTime: 'soon' }),
    ])
    expect(rotations.map(({ secret, kind, resources, count }) => [secret, kind, resources, count])).toEqual([
      ['password', 'password', ['shop/a'], 1],
      ['password', 'password', ['shop/b'], 1],
      ['session', 'token', ['shop/a'], 1],
    ])
  })

  it('keeps a share for each namespace and kind, whatever the tokens of one namespace are', () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      generating('crowd', `t${index}`, token('session', '2027-01-01T01:00:00Z')),
    )
    const password = { name: 'password', generatedTime: TIME, renewalTime: '2027-01-20T00:00:00Z' }
    const others = [generating('crowd', 'own', password), rotating('a', ['db', '2027-01-30T00:00:00Z'])]
    const { rotations, more } = calendarOf([...many, ...others])
    expect([rotations.length, more]).toEqual([200, 102])
    expect(rotations.slice(-2).map(({ secret, kind }) => [secret, kind])).toEqual([
      ['password', 'password'],
      ['db', 'kms'],
    ])
  })
})

describe('the operator', () => {
  const lease = (renewTime: string, holderIdentity = 'op-1_ab12') => ({
    metadata: { namespace: 'ops', name: 'ack-secret-manager' },
    spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
  })
  const installed = {
    metadata: { namespace: 'ops', name: 'op', labels: { 'app.kubernetes.io/version': '1.2.3' } },
    spec: {
      replicas: 2,
      template: { spec: { serviceAccountName: 'op', containers: [{ image: 'r/ack-secret-manager:1' }] } },
    },
    status: { readyReplicas: 1 },
  }
  const binding = {
    metadata: { name: 'b' },
    roleRef: { kind: 'ClusterRole', name: 'ack-secret-manager' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'ops', name: 'op' }],
  }
  const pod = (name: string, status: object, metadata = {}) => ({
    metadata: { namespace: 'ops', name, ...metadata },
    spec: { nodeName: 'n1' },
    status,
  })
  const found: OperatorObjects = {
    deployments: [installed],
    leases: [lease('2026-11-29T03:29:50Z')],
    pods: undefined,
    bindings: [binding],
    given: undefined,
  }
  const viewOf = (objects: Partial<OperatorObjects>, pods?: readonly KubeObject[]) =>
    operatorView(operatorStateFrom({ ...found, ...objects }, NOW_MS), { pods })

  it.each<[what: string, objects: Partial<OperatorObjects>, view: object]>([
    [
      'that leads',
      {},
      {
        state: 'running',
        namespace: 'ops',
        isConfirmed: true,
        version: '1.2.3',
        wanted: 2,
        ready: 1,
        leader: 'op-1_ab12',
        isLed: true,
      },
    ],
    [
      'that does not renew its Lease',
      { leases: [lease('2026-11-29T03:00:00Z')], deployments: [] },
      { state: 'stopped', isLed: false, lastRenewed: '2026-11-29T03:00:00Z' },
    ],
    ['that nothing confirms', { bindings: [] }, { state: 'running', isConfirmed: false }],
    [
      'that is not there',
      { deployments: [], leases: [] },
      { state: 'unknown', isLed: false, detail: expect.stringContaining('no operator found') as string },
    ],
    [
      'that is hidden',
      { deployments: undefined, leases: undefined },
      { state: 'unknown', detail: 'you may not list Leases and Deployments of all namespaces' },
    ],
    [
      'of two namespaces',
      {
        leases: [
          lease('2026-11-29T03:29:50Z'),
          { ...lease('2026-11-29T03:29:50Z'), metadata: { namespace: 'x', name: 'ack-secret-manager' } },
        ],
        bindings: [],
      },
      { state: 'unknown', detail: 'several operators found: ops, x; use --operator-namespace' },
    ],
    [
      'that was seen to renew its Lease, by a clock of an hour ago',
      { leases: [lease('2026-11-29T02:30:00Z')], deployments: [], isHeld: () => true },
      { state: 'running', isLed: true },
    ],
    [
      'that was not seen to renew its Lease, by a clock that is ahead',
      { leases: [lease('2026-11-29T03:30:50Z')], deployments: [], isHeld: () => false },
      { state: 'stopped', isLed: false },
    ],
    ['in the namespace that the user gives', { given: 'ops', bindings: [] }, { isConfirmed: true, namespace: 'ops' }],
  ])('%s', (_what, objects, view) => expect(viewOf(objects)).toMatchObject(view))

  it('has its Pods, with the leader', () => {
    const ready = {
      phase: 'Running',
      startTime: TIME,
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ restartCount: 2 }],
    }
    const waiting = {
      phase: 'Running',
      containerStatuses: [{ restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    }
    const pods = [
      pod('op-1', ready),
      pod('op-10', waiting),
      pod('op-2', ready, { deletionTimestamp: TIME }),
      { ...pod('op-1', ready), metadata: { namespace: 'other', name: 'op-1' } },
    ]
    expect(viewOf({}, pods).replicas).toEqual([
      { name: 'op-1', node: 'n1', isReady: true, isLeader: true, phase: 'Running', restarts: 2, startedAt: TIME },
      { name: 'op-10', node: 'n1', isReady: false, isLeader: false, phase: 'CrashLoopBackOff', restarts: 9 },
      { name: 'op-2', node: 'n1', isReady: true, isLeader: false, phase: 'Terminating', restarts: 2, startedAt: TIME },
    ])
    expect(viewOf({}).replicas).toBeUndefined()
  })

  it('is equal as long as the Lease is only renewed', () => {
    expect(viewOf({ leases: [lease('2026-11-29T03:29:58Z')] })).toEqual(viewOf({}))
  })
})

describe('the reads of KMS', () => {
  const page = (changed: number, denied: number): string =>
    `# HELP acksm_sources x\nacksm_source_reads_total{backend="kms-endpoint",result="changed"} ${changed}\nacksm_source_reads_total{backend="kms-endpoint",result="unchanged"} 10\n` +
    `acksm_source_reads_total{backend="kms-endpoint",result="AccessDenied"} ${denied}\nacksm_source_reads_total{backend="oos",result="Cancelled"} 1\nacksm_sources 7\nacksm_source_age_seconds 12.5\n`
  const sampleAt = (minute: number, changed: number, denied: number, name = 'op-1') =>
    kmsSampleOf(page(changed, denied), name, NOW_MS + minute * 60_000)

  it('are counted, with the errors', () => {
    expect(sampleAt(0, 5, 3)).toEqual({
      atMs: NOW_MS,
      pod: 'op-1',
      reads: 19,
      errors: 3,
      byResult: [{ backend: 'kms-endpoint', result: 'AccessDenied', count: 3 }],
      sources: 7,
      oldestSeconds: 12.5,
    })
    expect(kmsSampleOf('# HELP go_info x\n', 'op-1', 0)).toBeUndefined()
  })

  it('have rates, but none over the restart of a Pod or another leader', () => {
    const samples = [sampleAt(0, 0, 0), sampleAt(1, 30, 6), sampleAt(2, 0, 0), sampleAt(3, 5, 0, 'op-2')].filter(
      (each) => each !== undefined,
    )
    const view = kmsView(samples)
    expect(view.state === 'known' && [view.history.reads, view.history.errors, view.history.times.length]).toEqual([
      [36, null, null],
      [6, null, null],
      3,
    ])
    expect(kmsView([])).toEqual({ state: 'loading' })
  })

  it('are kept for an hour', () => {
    const one = sampleAt(0, 0, 0)
    if (one === undefined) throw new Error('no sample')
    let samples: readonly (typeof one)[] = []
    for (let index = 0; index < 500; index += 1) samples = withSample(samples, { ...one, atMs: index })
    expect([samples.length, samples.at(-1)?.atMs]).toEqual([120, 499])
  })
})

describe('the cluster', () => {
  const access = (state: AccessView['state']): AccessView => ({
    kind: 'ExternalSecret',
    state,
    count: 0,
    since: TIME,
    message: 'why',
    hint: 'how',
  })
  const options = { isUnauthenticated: false, startedAt: TIME }

  it.each<[AccessView['state'], boolean, object]>([
    ['loading', false, { state: 'loading' }],
    ['live', false, { state: 'live', message: '' }],
    ['polling', false, { state: 'live' }],
    ['forbidden', false, { state: 'forbidden', message: 'why', hint: 'how' }],
    ['disconnected', false, { state: 'disconnected', message: 'why' }],
    ['absent', false, { state: 'no-crds', hint: 'acksm crds | kubectl apply --server-side -f -' }],
    ['live', true, { state: 'unauthenticated', hint: 'kubectl auth whoami' }],
  ])('with ExternalSecrets that are %s, refused credentials: %s', (state, isUnauthenticated, view) => {
    const other: AccessView = { ...access('forbidden'), kind: 'Lease' }
    expect(clusterView([other, access(state)], { ...options, isUnauthenticated })).toMatchObject(view)
  })

  it.each<[AccessView['state'], 'disconnected' | 'unauthenticated', object]>([
    [
      'live',
      'disconnected',
      { state: 'disconnected', since: '2026-11-29T03:12:00.000Z', message: 'timeout', hint: '' },
    ],
    ['live', 'unauthenticated', { state: 'unauthenticated', message: 'timeout', hint: 'kubectl auth whoami' }],
    ['disconnected', 'disconnected', { state: 'disconnected', message: 'why' }],
  ])('with ExternalSecrets that are %s, and a request that finds it %s', (state, found, view) => {
    const health = { state: found, sinceMs: Date.parse(TIME), message: 'timeout' }
    expect(clusterView([access(state)], { ...options, health })).toMatchObject(view)
  })
})
