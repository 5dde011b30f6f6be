import { describe, expect, it } from 'vitest'
import { useHelm } from './programs/use-helm.ts'

const FROM_SECRET = { secretKeyRef: 's', key: 'k' }
const FROM_NODE = { fieldRef: { fieldPath: 'status.hostIP' } }
const KEY = { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }

describe('extraEnv', () => {
  const helm = useHelm()
  const render = (values: object): ReturnType<typeof helm.manifests> =>
    helm.manifests({ release: 'ack-secret-manager', namespace: 'kube-system', values })

  it('follows the other variables, with any valueFrom and in its order', async () => {
    const extraEnv = [
      { name: 'HOST', valueFrom: FROM_NODE },
      { name: 'ACKSM_METADATA_ENDPOINT', value: 'http://$(HOST):80' },
      { name: 'MANY', value: 12345678 },
      { name: 'DEBUG', value: false },
      { name: 'EMPTY', value: '' },
      { name: 'ALSO_EMPTY' },
      { name: 'CLUSTER', valueFrom: { configMapKeyRef: { name: 'c', key: 'id', optional: true } } },
    ]
    const values = {
      env: { A: 'a' },
      envVarsFromSecret: { B: FROM_SECRET },
      proxy: { httpsProxy: 'http://p' },
      extraEnv,
    }
    const deployment = (await render(values)).find(({ kind }) => kind === 'Deployment')
    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                env: [
                  { name: 'A', value: 'a' },
                  { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
                  { name: 'HTTPS_PROXY', value: 'http://p' },
                  extraEnv[0],
                  extraEnv[1],
                  { name: 'MANY', value: '12345678' },
                  { name: 'DEBUG', value: 'false' },
                  { name: 'EMPTY', value: '' },
                  { name: 'ALSO_EMPTY', value: '' },
                  extraEnv[6],
                ],
              },
            ],
          },
        },
      },
    })
  })

  it.each<[string, object, string]>([
    ['twice', { extraEnv: [{ name: 'A' }, { name: 'A' }] }, 'extraEnv: A is listed twice; remove one of them'],
    ['and in env', { env: { A: 'a' }, extraEnv: [{ name: 'A' }] }, 'extraEnv.A: env.A sets it as well'],
    [
      'and in envVarsFromSecret',
      { envVarsFromSecret: { A: FROM_SECRET }, extraEnv: [{ name: 'A' }] },
      'extraEnv.A: envVarsFromSecret.A sets it as well',
    ],
    [
      'with two values',
      { extraEnv: [{ name: 'A', value: 'a', valueFrom: FROM_NODE }] },
      'extraEnv.A: value and valueFrom are both set; keep one of them',
    ],
    [
      'that permissions depend on',
      { extraEnv: [{ name: 'ACKSM_WATCH_NAMESPACES', ...KEY }] },
      'extraEnv.ACKSM_WATCH_NAMESPACES: set command.watchNamespaces instead',
    ],
    [
      'of the Go operator that the operator does not read',
      { extraEnv: [{ name: 'WATCH_NAMESPACE', value: 'a' }] },
      'extraEnv.WATCH_NAMESPACE: set command.watchNamespaces instead',
    ],
    [
      'that the probes depend on',
      { extraEnv: [{ name: 'ACKSM_HEALTH_PROBE_BIND_ADDRESS', value: ':1' }] },
      'extraEnv.ACKSM_HEALTH_PROBE_BIND_ADDRESS: set ports.health instead',
    ],
    [
      'of a proxy next to the proxy',
      { proxy: { httpsProxy: 'http://p' }, extraEnv: [{ name: 'NO_PROXY', value: 'a' }] },
      'extraEnv.NO_PROXY: remove it, because proxy is set',
    ],
    [
      'that completes a second identity',
      {
        extraEnv: [
          { name: 'ACCESS_KEY_ID', ...KEY },
          { name: 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', value: 'p' },
        ],
      },
      'ACCESS_KEY_ID and ALIBABA_CLOUD_OIDC_PROVIDER_ARN configure two different identities',
    ],
    [
      'that is half of an OIDC provider',
      { extraEnv: [{ name: 'ACKSM_CLUSTER_ID', value: 'c' }] },
      'command.uid and command.clusterId together select the OIDC provider',
    ],
  ])('refuses a variable %s', async (_rule, values, message) => {
    await expect(render(values)).rejects.toThrow(message)
  })
})
