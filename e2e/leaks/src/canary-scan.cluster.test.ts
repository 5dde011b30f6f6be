import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { ACKSM, type OperatorProcess, visibleProcessData } from '@ack-secret-manager/testenv'
import { canary, ChannelScan, plant, planted } from '@ack-secret-manager/test-support/canary'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { stringify } from 'yaml'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Decoys, leakingProgram, type ProgramLeaks } from './decoys.ts'
import { ClusterChannels, filesBelow, pagesOf } from './leak-channels.ts'
import { FAILED_ROWS, leakStores, wrongCredentials } from './leak-cases.ts'
import { LeakEnvironment, NAMESPACE } from './leak-environment.ts'
import { KEYS } from './leak-seed.ts'

/** Time for the whole run on a busy machine. */
const BUSY_MS = 300_000
const DECOYS = 'decoys'
const LOG_JSON = 'log, JSON'
const LOG_TEXT = 'log, text, DEBUG'
const REFUSED = 'starts that are refused'
const CRASHED = 'crashes'
const COMMAND = 'acksm'
const ARGUMENTS = 'arguments'
const ENVIRONMENT = 'environment'
const FILES = 'files left behind'
const PAGES = 'metrics and probes'
const EVENTS = 'events'
const RESOURCES = 'resources and statuses'
const METADATA = 'metadata of Secrets'
const LEASE = 'leases'
const AUDIT = 'audit log'
const CHANNELS = [LOG_JSON, LOG_TEXT, REFUSED, CRASHED, COMMAND, ARGUMENTS, ENVIRONMENT, FILES, PAGES]
const CLUSTER_CHANNELS = [EVENTS, RESOURCES, METADATA, LEASE, AUDIT]

describeCluster('a canary in every secret and every credential', { timeout: BUSY_MS }, () => {
  const scan = new ChannelScan()
  // Not registered with the run, whose own scan must not find it.
  const decoys = new Decoys(`decoy${Math.random().toString(36).slice(2)}`)
  let testEnv: LeakEnvironment

  beforeAll(async () => {
    scan.open(...CHANNELS, ...CLUSTER_CHANNELS)
    testEnv = await LeakEnvironment.open()
  })
  afterAll(() => testEnv?.[Symbol.asyncDispose]())

  /** Environment with which a program also leaks a value on purpose. */
  const leaking = (channel: string, more: ProgramLeaks = {}): Promise<Readonly<Record<string, string>>> => {
    const encoded = decoys.bytes(channel)
    // Half on one stream, half on the other: both must be searched.
    const half = encoded.indexOf(' ', encoded.length / 2)
    const leaks = { stdout: encoded.slice(0, half), stderr: encoded.slice(half), ...more }
    return leakingProgram(testEnv.directory, channel.replaceAll(/\W+/g, '-'), leaks)
  }

  const look = async (operator: OperatorProcess): Promise<void> => {
    scan.add(PAGES, await pagesOf(operator))
    const visible = visibleProcessData(operator.program.pid)
    scan.add(ARGUMENTS, visible.arguments)
    scan.add(ENVIRONMENT, visible.environment)
  }

  const stop = async (operator: OperatorProcess, channel: string): Promise<void> => {
    await look(operator)
    expect(await operator.stop()).toBe(0)
    scan.add(channel, Buffer.from(operator.program.lines.join('\n'), 'latin1'))
  }

  it(
    'an operator at debug level encounters all of them, fails in every way and follows a rotation',
    async () => {
      const leaks = {
        file: decoys.bytes(FILES),
        argument: decoys.text(ARGUMENTS),
        variable: decoys.text(ENVIRONMENT),
      }
      const operator = await testEnv.operator(['--log-format=json'], await leaking(LOG_JSON, leaks))
      await testEnv.untilReasons()
      await look(operator)
      for (const name of ['text', 'rds'])
        await testEnv.access.simulator.control('PUT', `secrets/${name}`, { data: canary(`${name}-next`) })
      await testEnv.access.untilSecret('immutable', { password: canary('text-next') })
      await testEnv.access.untilSecret('by-assuming', { password: canary('text-next') })
      await stop(operator, LOG_JSON)
    },
    BUSY_MS,
  )

  it(
    'the next operator encounters all of them with another log format and verbose libraries',
    async () => {
      const env = { ...(await leaking(LOG_TEXT)), DEBUG: '*', NODE_DEBUG: 'http,https,tls,net,fetch,undici' }
      const operator = await testEnv.operator(['--log-format=text'], env)
      await testEnv.access.simulator.control('PUT', 'secrets/text', { data: canary('text-last') })
      await testEnv.access.putSecret('plain', { id: KEYS.plain.id, secret: canary('plain-key-wrong') })
      await testEnv.access.untilReason('externalsecrets', 'by-plain', 'AuthenticationFailed')
      await testEnv.access.putSecret('plain', KEYS.plain)
      await testEnv.access.untilSecret('by-plain', { password: canary('text-last') })
      await stop(operator, LOG_TEXT)
    },
    BUSY_MS,
  )

  it(
    'and so does an operator whose account STS does not name',
    async () => {
      const operator = await testEnv.operator(
        ['--log-format=text', '--sts-endpoint=127.0.0.1:9'],
        await leaking(LOG_TEXT),
      )
      await testEnv.access.putSecret('swapped', KEYS.plain)
      await testEnv.access.untilReason('externalsecrets', 'key-swapped', 'Synced')
      await testEnv.access.putSecret('swapped', { id: canary('swapped-later'), secret: KEYS.plain.id })
      await testEnv.access.untilReason('externalsecrets', 'key-swapped', 'AuthenticationFailed')
      expect(await operator.metrics()).toContain('acksm_rate_limit{account="unknown",region="cn-hangzhou"}')
      await stop(operator, LOG_TEXT)
    },
    BUSY_MS,
  )

  it.each(['crashes', 'rejects'])('a backend package that %s while it has a value', async (name) => {
    const data = [{ key: name, name: 'password', secretStoreRef: { name: 'leaky' } }]
    await testEnv.access.apply('ExternalSecret', name, { provider: 'plugin', data })
    // The process that crashed before has not released its Lease.
    const operator = await testEnv.operator(['--leader-elect=false'], await leaking(CRASHED))
    expect(await operator.program.exited).toBe(1)
    const said = operator.program.lines.join('\n')
    expect(said).toContain('unexpected')
    scan.add(CRASHED, Buffer.from(said, 'latin1'))
    await testEnv.access.cluster.request('DELETE', testEnv.access.resourcePath('externalsecrets', name))
  })

  const wrong = canary('start')
  const SWAPPED = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: canary('swapped-in-environment'),
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEYS.plain.id,
  }
  it.each<[string, readonly string[], Readonly<Record<string, string>>, number]>([
    ['an unknown flag', [`--access-key-secret=${wrong}`], {}, 2],
    ['the value of a flag', ['--polling-interval', wrong], {}, 2],
    ['a variable for a flag', [], { ACKSM_POLLING_INTERVAL: wrong }, 2],
    ['half an identity', ['--kubeconfig=KUBECONFIG'], { ALIBABA_CLOUD_ACCESS_KEY_SECRET: wrong }, 1],
    ['swapped id and secret', ['--kubeconfig=KUBECONFIG'], SWAPPED, 1],
    ['an invalid kubeconfig', ['--kubeconfig=BROKEN'], {}, 1],
    ['a token that the API server rejects', ['--kubeconfig=UNKNOWN'], {}, 1],
    ['an invalid digest key', ['--kubeconfig=KUBECONFIG', `--leader-election-namespace=${DECOYS}`], {}, 1],
  ])('does not start with a secret in %s', async (_what, args, env, code) => {
    await writeKubeconfigs()
    const at = args.map((arg) => arg.replace(/=([A-Z]+)$/, (_match, name: string) => `=${testEnv.directory}/${name}`))
    const leaks = await leaking(REFUSED)
    const ended = await testEnv.run(['--log-level=debug', ...at], { ...leaks, ...env })
    scan.add(REFUSED, Buffer.from(ended.said, 'latin1'))
    expect(ended.code).toBe(code)
  })

  async function writeKubeconfigs(): Promise<void> {
    const good = await readFile(testEnv.plane.kubeconfigPathOf('operator-under-test'), 'utf8')
    const files = {
      KUBECONFIG: good,
      BROKEN: `users: [{user: {token: "${canary('broken-token')}"}`,
      UNKNOWN: good.replace(canary('bearer-token'), canary('unknown-token')),
    }
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(testEnv.directory, name), text)
    const { request } = testEnv.plane
    await request('POST', '/api/v1/namespaces', { metadata: { name: DECOYS } })
    const metadata = { name: 'ack-secret-manager-digest-key' }
    await request('POST', `/api/v1/namespaces/${DECOYS}/secrets`, {
      metadata,
      stringData: { key: canary('short-key') },
    })
  }

  it.each<[string, readonly string[], number, string]>([
    ['get with a wrong key', ['get', 'text', '-o', 'json'], 1, 'SignatureDoesNotMatch'],
    ['get with id and secret swapped', ['get', 'text', '-o', 'json'], 2, 'are id and secret swapped?'],
    [
      'get from a server that echoes the value',
      ['get', 'odd-code', '-o', 'json', '--endpoint', 'HOSTILE'],
      1,
      'an unknown error',
    ],
    ['sync', ['sync', '-f', 'MANIFESTS', '--out', 'OUT', '-o', 'json'], 1, 'TemplateError'],
    ['render', ['render', '-f', 'MANIFESTS', '-o', 'json'], 1, 'TemplateError'],
    ['sync of broken manifests', ['sync', '-f', 'BROKEN', '--out', 'OUT', '-o', 'json'], 2, 'YAML'],
    [
      'sync of secrets inline in a store',
      ['sync', '-f', 'INLINE', '--out', 'OUT', '-o', 'json'],
      2,
      'expected an object',
    ],
    ['migrate of broken manifests', ['migrate', '-f', 'BROKEN', '-o', 'json'], 2, 'YAML'],
    ['an unknown flag of acksm', ['sync', `--access-key-secret=${wrong}`], 2, 'unknown option'],
  ])('acksm fails: %s', async (what, args, code, says) => {
    await writeManifests()
    const { access, directory, hostile } = testEnv
    const at = (arg: string): string =>
      arg === 'HOSTILE' ? hostile.endpoint : /^[A-Z]+$/.test(arg) ? path.join(directory, arg.toLowerCase()) : arg
    const kms =
      what.startsWith('get') || /^(sync|render)$/.test(what)
        ? ['--sts-endpoint', access.simulator.host('sts'), '--timeout=15s']
        : []
    const endpoint = args.includes('--endpoint') || kms.length === 0 ? [] : ['--endpoint', access.simulator.host('kms')]
    const secret = what === 'get with a wrong key' ? canary('command-key') : KEYS.plain.secret
    const env = {
      ...(await leaking(COMMAND)),
      ALIBABA_CLOUD_ACCESS_KEY_ID: KEYS.plain.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
      ...(what.includes('swapped') ? SWAPPED : {}),
      DEBUG: '*',
    }
    const ended = await testEnv.run([...args.map(at), ...kms, ...endpoint], env, ACKSM.currentScript)
    scan.add(COMMAND, Buffer.from(ended.said, 'latin1'))
    expect([ended.code, ended.said]).toEqual([code, expect.stringContaining(says)])
  })

  async function writeManifests(): Promise<void> {
    const kept = { ...KEYS, ...wrongCredentials(KEYS.plain.id, canary('no-file')) }
    const metadata = (name: string): object => ({ name, namespace: NAMESPACE })
    const ours = { apiVersion: 'alibabacloud.com/v1alpha1' }
    const objects = [
      ...Object.entries(kept).map(([name, stringData]) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: metadata(name),
        stringData,
      })),
      ...Object.entries(await leakStores(testEnv.access, testEnv.hostile.endpoint)).map(([name, spec]) => ({
        ...ours,
        kind: 'SecretStore',
        metadata: metadata(name),
        spec,
      })),
      ...Object.entries(FAILED_ROWS).map(([name, { spec }]) => ({
        ...ours,
        kind: 'ExternalSecret',
        metadata: metadata(name),
        spec,
      })),
    ]
    const text = objects.map((object) => stringify(object)).join('---\n')
    await writeFile(path.join(testEnv.directory, 'manifests'), text)
    const broken = `kind: Secret\nstringData: {key: "${canary('broken-manifest')}", ${canary('broken-key')}`
    await writeFile(path.join(testEnv.directory, 'broken'), broken)
    await writeFile(path.join(testEnv.directory, 'inline'), inlineSecrets())
  }

  /** Stores with a secret value where a reference to a Secret belongs. */
  function inlineSecrets(): string {
    const endpoint = { protocol: 'https', endpoint: 'kst-demo' }
    const number = Number(plant('number inline', String(Math.floor(Math.random() * 9e14) + 1e14)))
    const specs = [
      { KMS: { KMSAuth: { accessKey: canary('inline-id'), accessKeySecret: canary('inline-secret') } } },
      { KMS: { KMSAuth: { accessKey: number, accessKeySecret: [canary('inline-item')] } } },
      { KMS: { KMSAuth: { accessKeySecret: { name: canary('Inline-name'), key: 'secret' } } } },
      { KMS: { dedicatedKMSAuth: { ...endpoint, password: canary('inline-password') } } },
      { KMS: { dedicatedKMSAuth: { ...endpoint, clientKeyContent: canary('inline-client-key') } } },
      { OOS: { OOSAuth: canary('inline-auth') } },
      { KMS: canary('inline-store') },
    ]
    return specs
      .map((spec, index) => {
        const metadata = { name: `inline-${index}`, namespace: NAMESPACE }
        return stringify({ apiVersion: 'alibabacloud.com/v1alpha1', kind: 'SecretStore', metadata, spec })
      })
      .join('---\n')
  }

  it('finds values leaked on purpose on each channel and in each encoding', async () => {
    await leakInCluster()
    await using server = await startTestServer((response) => response.end(decoys.text(PAGES)))
    scan.add(PAGES, await pagesOf({ metricsPort: server.port, healthPort: server.port }))
    const cluster = new ClusterChannels(testEnv.plane.request)
    scan.add(EVENTS, await cluster.events())
    scan.add(RESOURCES, await cluster.resources())
    scan.add(METADATA, await cluster.secretMetadata())
    scan.add(LEASE, await cluster.leases())
    scan.add(AUDIT, await testEnv.auditLog())
    scan.add(FILES, await filesBelow(testEnv.home))
    expect(decoys.missed(scan)).toEqual([])
    const { leaks, channels } = decoys.counts
    console.log(`canary scan: all of ${leaks} leaks on purpose found, in ${channels} channels`)
    expect(channels).toBe(scan.channels.length)
  })

  async function leakInCluster(): Promise<void> {
    const { request } = testEnv.plane
    const post = async (collection: string, object: object): Promise<void> => {
      const { status, body } = await request('POST', collection, object)
      if (status !== 201) throw new Error(`${collection}: HTTP ${status} ${JSON.stringify(body)}`)
    }
    const core = `/api/v1/namespaces/${DECOYS}`
    const ours = `/apis/alibabacloud.com/v1alpha1/namespaces/${DECOYS}/externalsecrets`
    const annotations = (channel: string): object => ({ name: DECOYS, annotations: { decoy: decoys.text(channel) } })
    // A note has at most a thousand characters.
    for (const [index, note] of decoys.texts(EVENTS).entries()) {
      await post(`${core}/events`, {
        metadata: { name: `${DECOYS}-${index}` },
        involvedObject: { namespace: DECOYS },
        message: note,
      })
    }
    await post(ours, {
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      metadata: { name: DECOYS },
      spec: { data: [{ key: 'x' }] },
    })
    const condition = { type: 'Ready', status: 'False', reason: 'Decoy', lastTransitionTime: '2026-01-01T00:00:00Z' }
    const status = { conditions: [{ ...condition, message: decoys.text(RESOURCES) }] }
    const patched = await request('PATCH', `${ours}/${DECOYS}/status`, { status })
    expect(patched.status).toBe(200)
    await post(`${core}/secrets`, { metadata: annotations(METADATA), stringData: { key: 'x' } })
    await post(`/apis/coordination.k8s.io/v1/namespaces/${DECOYS}/leases`, { metadata: annotations(LEASE) })
    await post(`${core}/configmaps`, { metadata: { name: DECOYS }, data: { decoy: decoys.text(AUDIT) } })
  }

  it('finds no canary on any channel', async () => {
    await testEnv.plantMade()
    const wanted = planted()
    const leaks = scan.leaks(wanted)
    console.log(scan.table(wanted, leaks))
    expect(leaks).toEqual([])
  })
})
