import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { ACCESS_KEY, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { canary } from '@ack-secret-manager/test-support/canary'
import { stringify } from 'yaml'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { diagnose } from '../doctor/diagnose.ts'

const NAMESPACE = 'encrypted'
const [ONE, TWO, THREE, PLAIN] = [
  canary('at-rest-one'),
  canary('at-rest-two'),
  canary('at-rest-three'),
  canary('plain'),
]

interface SecretObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
}

/** Encrypts Secrets with the first key, and decrypts with any of them. */
function encryptionConfig(keys: readonly string[]): string {
  const secretbox = { keys: keys.map((name) => ({ name, secret: Buffer.alloc(32, name).toString('base64') })) }
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ secretbox }] }],
  })
}

/** Time for a watch to deliver changes after a restart of the API server. */
const DEADLINE_MS = 100_000

describeCluster('encryption at rest', { timeout: 4 * DEADLINE_MS }, () => {
  const directory = directoryOfTests()
  let plane: ControlPlane
  let env: TestEnvironment
  let operator: OperatorProcess

  const configFile = (): string => path.join(directory, 'encryption.yaml')
  const useKeys = async (...keys: string[]): Promise<void> => {
    await writeFile(configFile(), encryptionConfig(keys))
    await plane.restart('apiserver')
  }
  const secrets = async (): Promise<readonly SecretObject[]> => {
    const { body } = await plane.request<{ items: SecretObject[] }>('GET', `/api/v1/namespaces/${NAMESPACE}/secrets`)
    return body.items
  }
  /** Counts of the operator's writes to Secrets, by verb and code. */
  const writes = async (): Promise<Readonly<Record<string, number>>> => {
    const line =
      /^acksm_kube_requests_total\{verb="(create|update|patch|delete)",resource="secrets",code="(\d+)"\} (\d+)$/gm
    const lines = (await operator.metrics()).matchAll(line)
    return Object.fromEntries([...lines].map(([, verb, code, count]) => [`${verb} ${code}`, Number(count)]))
  }
  /** Number of patched Secrets. */
  const patches = async (): Promise<number> => (await writes())['patch 200'] ?? 0
  /** Waits until the operator repairs an edit: after a restart of the API server a watch may back off for half a minute. */
  const untilWatching = async (): Promise<void> => {
    const before = await patches()
    const data = { token: btoa('edited') }
    await plane.request('PATCH', env.secretPath('edited'), { data })
    await env.untilSecret('edited', { token: TWO }, DEADLINE_MS)
    await until('the repair is counted', async () => (await patches()) > before)
  }
  /** Rewrites all Secrets, as `kubectl get secrets -o json | kubectl replace -f -` does. */
  const rewriteAll = async (): Promise<readonly SecretObject[]> => {
    for (const secret of await secrets()) {
      const { status } = await plane.request('PUT', env.secretPath(secret.metadata.name), secret)
      expect(status).toBe(200)
    }
    return secrets()
  }
  /** All files of etcd: data and log. */
  const onDisk = async (): Promise<Buffer> => {
    const entries = await readdir(path.join(plane.dataDir, 'etcd'), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name))
    return Buffer.concat(await Promise.all(files.map((file) => readFile(file))))
  }
  const forms = (value: string): readonly string[] => [value, btoa(value)]

  beforeAll(async () => {
    await writeFile(configFile(), encryptionConfig(['first']))
    env = await TestEnvironment.start({
      controlPlane: { apiServerArgs: [`--encryption-provider-config=${configFile()}`], namespace: NAMESPACE },
      seed: { secrets: { db: ONE, token: TWO } },
    })
    plane = env.plane
    // A restart of the API server must not cost it the lease.
    operator = await env.leader('--lease-duration=2m')
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('stores neither values nor credentials in etcd in plain text', async () => {
    await env.externalSecret('app', { password: 'db', token: 'token' })
    for (const name of ['other', 'edited']) await env.externalSecret(name, { token: 'token' })
    for (const name of ['other', 'edited']) await env.untilSecret(name, { token: TWO })
    await env.untilReason('externalsecrets', 'other', 'Synced')
    await env.untilSecret('app', { password: ONE, token: TWO })
    await env.untilReason('externalsecrets', 'app', 'Synced')
    // An unencrypted object is found, which proves that the search works.
    await env.applyObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: { PLAIN } })
    const bytes = await onDisk()
    expect(bytes.includes(PLAIN)).toBe(true)
    expect(bytes.includes('k8s:enc:secretbox:v1:first:')).toBe(true)
    // The check of the guide.
    const { body: version } = await plane.request<{ minor: string }>('GET', '/version')
    const label = Number.parseInt(version.minor, 10) < 32 ? 'status="OK"' : 'resource="secrets"'
    const { body } = await plane.request<string>('GET', '/metrics')
    const metric = `apiserver_storage_transformation_operations_total\\{${label}.*to_storage".*"k8s:enc:secretbox:v1:"\\} \\d`
    expect(body).toMatch(new RegExp(`^${metric}`, 'm'))
    const { checks } = await diagnose(plane.kubeconfigPath, NAMESPACE)
    expect(checks.find(({ id }) => id === 'kube.encryption')).toMatchObject({
      status: 'ok',
      detail: 'the API server encrypts what it writes: k8s:enc:secretbox:v1:',
    })
    const found = [ONE, TWO, ACCESS_KEY.secret].flatMap(forms).filter((text) => bytes.includes(text))
    expect(found).toEqual([])
  })

  it('writes nothing after a new key and a rewrite of every Secret', async () => {
    await useKeys('second', 'first')
    await untilWatching()
    const other = env.resourcePath('externalsecrets', 'other')
    const [before, wroteBefore, { body: otherBefore }] = [
      await secrets(),
      await writes(),
      await plane.request('GET', other),
    ]
    const rewritten = await rewriteAll()
    // Each was rewritten and has a new version; one had the new key since its repair.
    const versions = new Map(before.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
    const same = rewritten.filter(({ metadata }) => versions.get(metadata.name) === metadata.resourceVersion)
    expect(same.map(({ metadata }) => metadata.name)).toEqual(['edited'])
    expect(rewritten).toHaveLength(before.length)
    // A repair after the rewrite proves that the watch has delivered the rewritten versions.
    await untilWatching()
    await env.simulator.put('db', THREE, 'v2')
    await env.untilSecret('app', { password: THREE, token: TWO })
    const both = (wroteBefore['patch 200'] ?? 0) + 2
    await until('both writes are counted', async () => (await patches()) >= both)
    expect(await writes()).toEqual({ ...wroteBefore, 'patch 200': both })
    const untouched = ({ metadata }: SecretObject): boolean => !['app', 'edited'].includes(metadata.name)
    expect((await secrets()).filter(untouched)).toEqual(rewritten.filter(untouched))
    expect((await plane.request('GET', other)).body).toEqual(otherBefore)
  })

  it('works after the former key is removed', async () => {
    await useKeys('second')
    await untilWatching()
    expect((await secrets()).map(({ metadata }) => metadata.name)).toContain('app')
    await env.externalSecret('later', { token: 'token' })
    await env.untilSecret('later', { token: TWO }, DEADLINE_MS)
    const bytes = await onDisk()
    expect(bytes.includes('k8s:enc:secretbox:v1:second:')).toBe(true)
    expect([ONE, TWO, THREE, ACCESS_KEY.secret].flatMap(forms).filter((text) => bytes.includes(text))).toEqual([])
  })
})
