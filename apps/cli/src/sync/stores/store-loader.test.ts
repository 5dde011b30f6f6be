import { systemClock } from '@ack-secret-manager/core'
import { parseSecretStore } from '@ack-secret-manager/resources'
import { type StoreResource, StoreRegistry } from '@ack-secret-manager/stores'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Log } from '../../output/log.ts'
import { PROVIDER, TestIssuer, useAccess } from '../../testing/access.ts'
import { folderWith } from '../../testing/files.ts'
import { Capture } from '../../testing/run.ts'
import { DRIVERS } from '../../drivers.ts'
import { StoreLoader } from './store-loader.ts'

const issuer = new TestIssuer()
const access = useAccess(async () => issuer)
const { signal } = new AbortController()

function flag(name: string): string {
  return access.flags[access.flags.indexOf(name) + 1] ?? ''
}

function storesOf(name: string, spec: object): { readonly stores: ReadonlyMap<string, StoreResource> } {
  const parsed = parseSecretStore({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'SecretStore',
    metadata: { name, namespace: 'shop' },
    spec,
  })
  if (!parsed.ok) throw parsed.error
  return { stores: new Map([[`shop/${name}`, parsed.resource]]) }
}

function loaderFor(tokens: string): { loader: StoreLoader; registry: StoreRegistry; output: Capture } {
  const registry = new StoreRegistry({
    drivers: DRIVERS,
    defaults: { region: 'cn-hangzhou', endpoints: { kms: flag('--endpoint') }, stsEndpoint: flag('--sts-endpoint') },
    readSecretKey: async ({ key }) => new TextEncoder().encode(key === 'id' ? 'LTAI5tInstance' : 'instance-only'),
    allowTokenPaths: [tokens],
    allowEndpoints: [access.instance],
  })
  onTestFinished(() => registry.close())
  const output = new Capture()
  return { registry, output, loader: new StoreLoader({ registry, clock: systemClock, log: new Log(output, 'info') }) }
}

it('reports a changed connection of a store, even if no manifest has changed', async () => {
  const tokens = await folderWith({})
  const { loader, registry } = loaderFor(tokens)
  const manifests = storesOf('rrsa', {
    KMS: {
      KMSAuth: {
        ramRoleARN: 'acs:ram::1234567890123456:role/operator',
        oidcProviderARN: PROVIDER,
        oidcTokenFilePath: `${tokens}/token`,
      },
    },
  })
  const resolved = (): string => registry.resolve({ namespace: 'shop', ref: { name: 'rrsa' } }).kind
  expect([await loader.load(manifests, signal), resolved()]).toEqual([true, 'error'])
  expect(await loader.load(manifests, signal)).toBe(false)
  await writeFile(path.join(tokens, 'token'), issuer.token())
  expect([await loader.load(manifests, signal), resolved()]).toEqual([true, 'ready'])
  expect(await loader.load(manifests, signal)).toBe(false)
  expect([await loader.load({ stores: new Map() }, signal), resolved()]).toEqual([true, 'error'])
})

it('warns once of a store with a warning', async () => {
  const { loader, output } = loaderFor(await folderWith({}))
  const ref = (key: string): object => ({ name: 'key', key })
  const manifests = storesOf('loose', {
    KMS: {
      KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') },
      dedicatedKMSAuth: { protocol: 'https', endpoint: access.instance, ignoreSSL: true },
    },
  })
  await loader.load(manifests, signal)
  await loader.load(manifests, signal)
  expect(output.text).toMatch(
    /^acksm: warning: SecretStore shop\/loose: \S+ignoreSSL: certificates are not verified.*\n$/,
  )
})
