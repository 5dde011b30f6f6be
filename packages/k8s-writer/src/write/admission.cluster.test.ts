import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { isSecretSyncError, type SecretSyncError } from '@ack-secret-manager/core'
import { createOf } from '@ack-secret-manager/testkit'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WriterBench } from '../testing/writer-bench.ts'

const { signal } = new AbortController()
const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
const apiVersion = 'admissionregistration.k8s.io/v1'
const CANARY = 'canary-8d1f'
const RULE = { apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['CREATE', 'UPDATE'] }
/** Reason of the policy, by the name of the Secret that it denies. */
const REASONS = {
  invalid: 'Invalid',
  forbidden: 'Forbidden',
  large: 'RequestEntityTooLarge',
}

describeCluster('a Secret that admission rejects', () => {
  const cluster = useCluster()
  let bench: WriterBench
  const objects: string[] = []

  async function make(resource: string, kind: string, spec: object): Promise<void> {
    const name = cluster.namespace
    const body = { apiVersion, kind, metadata: { name }, ...spec }
    const { status, body: response } = await cluster.request('POST', `${ADMISSION}/${resource}`, body)
    if (status !== 201) throw new Error(JSON.stringify(response))
    objects.push(`${ADMISSION}/${resource}/${name}`)
  }

  async function write(name: string): Promise<SecretSyncError> {
    const target = { namespace: cluster.namespace, name }
    const owner = await bench.owner(name)
    const error: unknown = await bench.writer.apply(createOf(bench, target, owner, { a: CANARY }), { signal }).then(
      () => new Error(`${name} was let in`),
      (thrown: unknown) => thrown,
    )
    if (!isSecretSyncError(error)) throw error
    const text = `${error.message} ${error.stack} ${JSON.stringify(error)}`
    expect(text).not.toContain(CANARY)
    expect(text).not.toContain(btoa(CANARY).slice(0, 12))
    expect(text).not.toContain('too weak')
    return error
  }

  beforeAll(async () => {
    bench = await WriterBench.open(cluster)
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': cluster.namespace } }
    await make('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
      spec: {
        matchConstraints: { resourceRules: [RULE], namespaceSelector },
        validations: Object.entries({ ...REASONS, unsaid: undefined }).map(([name, reason]) => ({
          expression: `object.metadata.name != '${name}'`,
          messageExpression: "'the value ' + object.data['a'] + ' is too weak'",
          reason,
        })),
      },
    })
    await make('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
      spec: { policyName: cluster.namespace, validationActions: ['Deny'] },
    })
    await make('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', {
      webhooks: [
        {
          name: 'closed-port.example.com',
          // No process listens on this port.
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [RULE],
          namespaceSelector,
          matchConditions: [{ name: 'one', expression: "object.metadata.name == 'uncalled'" }],
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    })
    const quotas = `/api/v1/namespaces/${cluster.namespace}/resourcequotas`
    const full = { hard: { 'count/secrets': '0' } }
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' }, spec: full }
    await cluster.request('POST', quotas, quota)
    // Instead of the quota controller, which counts.
    await cluster.request('PUT', `${quotas}/few/status`, { ...quota, status: { ...full, used: full.hard } })
    const secrets = `/api/v1/namespaces/${cluster.namespace}/secrets?dryRun=All`
    const refusals = { unsaid: 'denied request', uncalled: 'failed calling', many: 'exceeded quota' }
    for (const [name, refusal] of Object.entries(refusals)) {
      const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { a: 'x' } }
      const isKeptOut = async (): Promise<void> => {
        const { body } = await cluster.request<{ message: string }>('POST', secrets, probe)
        expect(body.message).toContain(refusal)
      }
      await vi.waitFor(isKeptOut, { timeout: 120_000, interval: 100 })
    }
  })
  afterAll(async () => {
    for (const path of objects) await cluster.request('DELETE', path)
    await bench[Symbol.asyncDispose]()
  })

  it.each([...Object.keys(REASONS), 'unsaid'])('by a policy whose reason is %s', async (name) => {
    expect(await write(name)).toMatchObject({
      code: 'WriteDenied',
      message: `create Secret ${cluster.namespace}/${name}: ValidatingAdmissionPolicy '${cluster.namespace}' with binding '${cluster.namespace}' denied it; change it to admit the Secrets of this operator`,
    })
  })

  it('by a webhook that cannot be called', async () => {
    expect(await write('uncalled')).toMatchObject({
      code: 'Unavailable',
      message: `create Secret ${cluster.namespace}/uncalled: the API server cannot call webhook "closed-port.example.com"; check its service, or exclude the Secrets of this operator`,
      facts: { httpStatus: 500 },
    })
  })

  it('by a quota', async () => {
    expect(await write('many')).toMatchObject({
      code: 'WriteDenied',
      message: `create Secret ${cluster.namespace}/many: quota few is exceeded; raise it or delete unused objects`,
    })
  })
})
