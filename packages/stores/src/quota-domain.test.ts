import { parseSecretStore } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { quotaDomain, type QuotaDomainOptions } from './quota-domain.ts'
import type { StoreResource } from './store-references.ts'

function specOf(spec: object): StoreResource['spec'] {
  const parsed = parseSecretStore({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'SecretStore',
    metadata: { namespace: 'app', name: 'kms' },
    spec,
  })
  if (!parsed.ok) throw parsed.error
  return parsed.resource.spec
}

const domainOf = (spec: object | undefined, options: Partial<QuotaDomainOptions> = {}): string =>
  quotaDomain(spec && specOf(spec), { region: 'cn-hangzhou', ...options })
const accessKey = (name: string, namespace?: string): object => ({
  accessKey: { name, key: 'id', ...(namespace !== undefined && { namespace }) },
  accessKeySecret: { name, key: 'secret', ...(namespace !== undefined && { namespace }) },
})
const role = (account: string, name = 'reader'): object => ({ ramRoleARN: `acs:ram::${account}:role/${name}` })
const instanceKey = {
  protocol: 'https',
  clientKeyContent: { name: 'aap', key: 'k' },
  password: { name: 'aap', key: 'p' },
}

describe('quotaDomain', () => {
  it.each([
    ['an entry without a store', undefined, 'kms/cn-hangzhou/operator'],
    ['the operator identity', { KMS: {} }, 'kms/cn-hangzhou/operator'],
    ['another region', { KMS: { region: 'eu-central-1' } }, 'kms/eu-central-1/operator'],
    ['the region of an endpoint', { KMS: { endpoint: 'kms.cn-beijing.aliyuncs.com' } }, 'kms/cn-beijing/operator'],
    [
      'the region of an endpoint with a port',
      { KMS: { endpoint: 'kms.cn-beijing.aliyuncs.com:443' } },
      'kms/cn-beijing/operator',
    ],
    ['the account of a role', { KMS: { KMSAuth: role('1234567890123456') } }, 'kms/cn-hangzhou/1234567890123456'],
    [
      'the account of the last role',
      { KMS: { KMSAuth: { ...role('1'), remoteRamRoleARN: 'acs:ram::2:role/remote' } } },
      'kms/cn-hangzhou/2',
    ],
    ['an AccessKey', { KMS: { KMSAuth: accessKey('keys') } }, 'kms/cn-hangzhou/access-key keys'],
    [
      'the role of an annotation',
      { KMS: { KMSAuth: { serviceAccountRef: { name: 'web' } } } },
      'kms/cn-hangzhou/service-account web',
    ],
    ['the role of the node', { KMS: { KMSAuth: { workerRole: {} } } }, 'kms/cn-hangzhou/worker-role'],
    [
      'an instance by its id',
      { KMS: { dedicatedKMSAuth: { endpoint: 'kst-1', ...instanceKey } } },
      'kms-instance/kst-1',
    ],
    [
      'an instance by its host name, with another identity',
      {
        KMS: {
          KMSAuth: role('3'),
          dedicatedKMSAuth: { endpoint: 'kst-1.cryptoservice.kms.aliyuncs.com', protocol: 'https' },
        },
      },
      'kms-instance/kst-1',
    ],
    [
      'an instance by its host name with a port',
      { KMS: { dedicatedKMSAuth: { endpoint: 'kst-1.cryptoservice.kms.aliyuncs.com:443', ...instanceKey } } },
      'kms-instance/kst-1',
    ],
    [
      'an instance with another host name',
      { KMS: { dedicatedKMSAuth: { endpoint: 'kms.example:443', ...instanceKey } } },
      'kms-instance/kms.example',
    ],
    [
      'an instance by its port, which a gateway may forward to another one',
      { KMS: { dedicatedKMSAuth: { endpoint: 'gateway.example:8443', ...instanceKey } } },
      'kms-instance/gateway.example:8443',
    ],
    ['OOS, which has its own quota', { OOS: { OOSAuth: role('1') } }, 'oos/cn-hangzhou/1'],
  ] as const)('knows %s', (_what, spec, domain) => {
    expect(domainOf(spec)).toBe(domain)
  })

  it('is the same for copies of a Secret in several namespaces', () => {
    expect(domainOf({ KMS: { KMSAuth: accessKey('keys', 'one') } })).toBe(
      domainOf({ KMS: { KMSAuth: accessKey('keys', 'two') } }),
    )
  })

  it('is that of the endpoint that an entry names', () => {
    const kmsEndpoint = 'kms-vpc.cn-shanghai.aliyuncs.com'
    expect(domainOf({ KMS: {} }, { kmsEndpoint })).toBe('kms/cn-shanghai/operator')
    for (const instance of ['kst-2.cryptoservice.kms.aliyuncs.com', 'kst-2.cryptoservice.kms.aliyuncs.com:443']) {
      expect(domainOf({ KMS: {} }, { kmsEndpoint: instance })).toBe('kms-instance/kst-2')
    }
    expect(domainOf(undefined, { kmsEndpoint })).toBe('kms/cn-shanghai/operator')
  })

  it('is that of the configuration of a package, in any order, and does not show it', () => {
    const plugin = (config: object): string => domainOf({ plugin: { package: '@example/vault', config } })
    const domain = plugin({ address: 'https://vault.example', mount: 'kv' })
    expect(domain).toMatch(/^plugin\/@example\/vault\/[0-9a-f]{8}$/)
    expect(plugin({ mount: 'kv', address: 'https://vault.example' })).toBe(domain)
    expect(plugin({ address: 'https://other.example', mount: 'kv' })).not.toBe(domain)
  })
})
