import { SecretSyncError, systemClock } from '@ack-secret-manager/core'
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

it('tries a store again whose credential could not be read, and only that one', async () => {
  let isDown = true
  const read: string[] = []
  const registry = new StoreRegistry({
    drivers: DRIVERS,
    defaults: { region: 'cn-hangzhou' },
    readSecretKey: async ({ name, key }) => {
      read.push(name)
      if (name === 'far' && isDown) throw new SecretSyncError('Unavailable', 'the API server does not respond')
      return new TextEncoder().encode(key === 'id' ? 'LTAI5tInstance' : 'instance-only')
    },
  })
  onTestFinished(() => registry.close())
  const loader = new StoreLoader({ registry, clock: systemClock, log: new Log(new Capture(), 'info') })
  const keyOf = (name: string): object => ({
    KMS: { KMSAuth: { accessKey: { name, key: 'id' }, accessKeySecret: { name, key: 'secret' } } },
  })
  const stores = new Map([...storesOf('near', keyOf('near')).stores, ...storesOf('far', keyOf('far')).stores])
  const resolved = (): string[] =>
    ['near', 'far'].map((name) => registry.resolve({ namespace: 'shop', ref: { name } }).kind)
  await loader.load({ stores }, signal)
  expect(resolved()).toEqual(['ready', 'error'])
  expect(await loader.retryOutages(signal)).toBe(false)
  isDown = false
  read.splice(0)
  expect([await loader.retryOutages(signal), resolved(), new Set(read)]).toEqual([
    true,
    ['ready', 'ready'],
    new Set(['far']),
  ])
  read.splice(0)
  expect([await loader.retryOutages(signal), read]).toEqual([false, []])
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
