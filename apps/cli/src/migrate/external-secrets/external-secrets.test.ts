import { execFile } from 'node:child_process'
import { chmod, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { folderWith, treeOf } from '../../testing/files.ts'
import { run } from '../../testing/run.ts'

/** Manifests of External Secrets Operator in every form that it accepts. */
const MANIFESTS = fileURLToPath(new URL('../../testing/external-secrets', import.meta.url))

interface Report {
  readonly resources: readonly {
    readonly kind: string
    readonly name: string
    readonly location: string
    readonly outcome: string
    readonly carried: readonly string[]
    readonly findings: readonly {
      readonly effect: string
      readonly field: string
      readonly what: string
      readonly todo?: string
    }[]
  }[]
}

/** The result for each resource, and its fields that are not converted one to one. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'access-key-store': [
    'converted SecretStore kms',
    'changed spec.controller',
    'changed spec.retrySettings',
    'changed spec.refreshInterval',
  ],
  'cluster-external-secret': [
    'converted ClusterExternalSecret everywhere',
    'not-converted ClusterExternalSecret nowhere',
    'not-converted spec',
  ],
  'cluster-store': ['converted ClusterSecretStore shared'],
  'decoding-auto': [
    'suspended ExternalSecret decoding-auto',
    'suspended spec.data[0].remoteRef.decodingStrategy',
    'suspended ExternalSecret decoding-template',
    'changed spec.data[0].remoteRef.decodingStrategy',
    'suspended spec.target.template',
  ],
  decoding: [
    'converted ExternalSecret decoding',
    'changed spec.data[0].remoteRef.decodingStrategy',
    'changed spec.data[1].remoteRef.decodingStrategy',
  ],
  'duplicate-keys': [
    'converted ExternalSecret duplicate-keys',
    'changed spec.data[0].remoteRef.property',
    'changed spec.data[1].secretKey',
    'changed spec.target.immutable',
  ],
  'extract-unicode': [
    'suspended ExternalSecret extract-unicode',
    'suspended spec.dataFrom[0].extract.conversionStrategy',
    'changed spec.dataFrom[0].extract',
    'suspended spec.dataFrom[1].extract.property',
    'suspended spec.dataFrom[1].extract.decodingStrategy',
    'changed spec.dataFrom[1].extract',
    'changed spec.dataFrom',
  ],
  extract: ['converted ExternalSecret extract', 'changed spec.dataFrom[0].extract'],
  find: [
    'converted ExternalSecret find',
    'changed spec.dataFrom[0].find',
    'converted ExternalSecret find-and-token',
    'changed spec.dataFrom[0].find',
    'changed spec.dataFrom',
    'suspended ExternalSecret find-details',
    'suspended spec.dataFrom[0].find.decodingStrategy',
    'suspended spec.dataFrom[0].find.conversionStrategy',
    'changed spec.dataFrom[0].find.path',
    'changed spec.dataFrom[0].find',
    'not-converted ExternalSecret find-nothing',
    'not-converted spec.dataFrom[0].find',
    'changed spec.dataFrom[0].find',
  ],
  generator: [
    'converted Password password',
    'left-out spec',
    'converted ExternalSecret generated',
    'changed spec.dataFrom[0].sourceRef.generatorRef',
    'converted ExternalSecret generated-and-token',
    'changed spec.dataFrom[0].sourceRef.generatorRef',
    'converted Password pin',
    'left-out spec',
    'suspended ExternalSecret several',
    'changed spec.dataFrom[0].sourceRef.generatorRef',
    'suspended spec.dataFrom[1].rewrite',
    'changed spec.dataFrom[1].sourceRef.generatorRef',
    'suspended spec.dataFrom[2].sourceRef.generatorRef',
    'suspended spec.dataFrom[3].sourceRef.generatorRef',
    'suspended spec.dataFrom[4].sourceRef.generatorRef',
    'suspended spec.dataFrom[5].sourceRef.generatorRef',
    'converted Password default-length',
    'left-out spec',
    'converted ExternalSecret default-length',
    'changed spec.dataFrom[0].sourceRef.generatorRef',
    'converted Password quoted',
    'left-out spec',
    'not-converted ExternalSecret quoted',
    'changed spec.dataFrom[0].sourceRef.generatorRef',
    'not-converted spec.dataFrom[0].sourceRef.generatorRef.digits',
  ],
  labels: [
    'converted ExternalSecret labels',
    'changed metadata.labels["argocd.argoproj.io/instance"]',
    'changed metadata.annotations["argocd.argoproj.io/tracking-id"]',
  ],
  live: [
    'converted ExternalSecret live',
    'changed metadata.labels["app.kubernetes.io/instance"]',
    'not-converted ExternalSecret everywhere-token',
    'not-converted metadata.ownerReferences',
  ],
  malformed: [
    'not-converted ExternalSecret no-remote-ref',
    'not-converted spec.data[0].remoteRef',
    'not-converted spec.data[1].secretKey',
    'not-converted spec.data[1].remoteRef.version',
    'not-converted ExternalSecret lists',
    'not-converted spec.secretStoreRef',
    'not-converted spec.refreshInterval',
    'not-converted spec.data',
    'not-converted spec.target',
    'converted ExternalSecret unknown-fields',
    'left-out spec.secretStoreRef.namespace',
    'left-out spec.data[0].remoteRef.properti',
    'left-out spec.dataFroms',
    'not-converted SecretStore ',
    'not-converted metadata.name',
    'not-converted spec.provider.alibaba.regionID',
    'not-converted spec.provider.alibaba.auth',
  ],
  merge: [
    'converted ExternalSecret merge',
    'changed spec.target.deletionPolicy',
    'changed spec.target.creationPolicy',
    'changed spec.target.creationPolicy',
  ],
  none: [
    'not-converted ExternalSecret none',
    'not-converted spec.target.creationPolicy',
    'not-converted ExternalSecret config-map',
    'not-converted spec.target.manifest',
  ],
  orphan: [
    'converted ExternalSecret orphan',
    'changed spec.target.deletionPolicy',
    'changed spec.target.creationPolicy',
  ],
  policies: [
    'converted ExternalSecret policies',
    'changed metadata.labels["applyset.kubernetes.io/part-of"]',
    'changed metadata.labels["kapp.k14s.io/app"]',
    'changed metadata.labels["objectset.rio.cattle.io/hash"]',
    'left-out spec.data[0].remoteRef.metadataPolicy',
    'left-out spec.data[0].remoteRef.conversionStrategy',
    'changed spec.target.deletionPolicy',
  ],
  'property-query': [
    'suspended ExternalSecret property-query',
    'suspended spec.data[0].remoteRef.property',
    'suspended spec.data[1].remoteRef.property',
    'suspended spec.data[2].remoteRef.property',
    'changed spec.data[3].remoteRef.property',
  ],
  property: [
    'converted ExternalSecret property',
    'changed spec.data[0].remoteRef.property',
    'changed spec.data[1].remoteRef.property',
    'changed spec.data[1].remoteRef.property',
    'changed spec.data[2].remoteRef.property',
    'changed spec.data[3].remoteRef.property',
    'changed spec.data[4].remoteRef.property',
  ],
  'push-secret': [
    'converted PushSecret push',
    'changed spec',
    'not-converted ExternalSecret ancient',
    'not-converted apiVersion',
  ],
  'push-secrets': [
    'converted PushSecret many',
    'left-out spec.data[1].metadata',
    'changed spec.refreshInterval',
    'changed spec',
    'not-converted PushSecret refused',
    'not-converted spec.secretStoreRefs[1]',
    'not-converted spec.secretStoreRefs[0].labelSelector',
    'not-converted spec.secretStoreRefs[0].name',
    'not-converted spec.selector.generatorRef',
    'not-converted spec.data[0].match.remoteRef.remoteKey',
    'not-converted spec.data[0].match.remoteRef.property',
    'not-converted spec.data[0].conversionStrategy',
    'not-converted spec.dataTo',
    'not-converted spec.template',
    'not-converted spec.refreshInterval',
    'changed spec',
    'not-converted PushSecret selecting',
    'not-converted spec.selector.secret.selector',
    'not-converted spec.data',
    'changed spec.refreshInterval',
    'changed spec',
    'not-converted PushSecret twice',
    'not-converted spec.data[1].match.remoteRef.remoteKey',
    'changed spec',
    'converted PushSecret seldom',
    'changed spec.refreshInterval',
    'changed spec',
  ],
  'recent-fields': [
    'suspended ExternalSecret windows',
    'suspended spec.syncWindows',
    'converted ExternalSecret null-bytes',
    'changed spec.data[0].remoteRef.nullBytePolicy',
    'changed spec.dataFrom[0].extract.nullBytePolicy',
    'changed spec.dataFrom[0].extract',
    'changed spec.dataFrom[1].find',
    'changed spec.dataFrom[1].find.nullBytePolicy',
    'changed spec.dataFrom',
    'suspended ExternalSecret decoded-output',
    'suspended spec.target.template.templateFrom[0].valuesDecodingStrategy',
    'changed spec.target.template.templateFrom[0].secret',
  ],
  'referent-store': [
    'not-converted ClusterSecretStore referent',
    'not-converted spec.provider.alibaba.auth.secretRef.accessKeyIDSecretRef.namespace',
    'not-converted spec.provider.alibaba.auth.secretRef.accessKeySecretSecretRef.namespace',
  ],
  refresh: [
    'suspended ExternalSecret created-once',
    'suspended spec.refreshPolicy',
    'suspended ExternalSecret on-change',
    'suspended spec.refreshPolicy',
    'suspended ExternalSecret never',
    'suspended spec.refreshInterval',
    'converted ExternalSecret often',
    'changed spec.refreshInterval',
    'converted ExternalSecret generated-once',
    'changed spec.dataFrom[0].sourceRef.generatorRef',
  ],
  'rewrite-transform': [
    'suspended ExternalSecret rewrite-transform',
    'suspended spec.dataFrom[0].rewrite[0].transform',
    'changed spec.dataFrom[0].extract',
    'suspended spec.dataFrom[1].rewrite[0].merge',
    'changed spec.dataFrom[1].extract',
    'changed spec.dataFrom',
  ],
  rewrite: [
    'converted ExternalSecret rewrite',
    'changed spec.dataFrom[0].extract',
    'changed spec.dataFrom[1].rewrite[0].regexp.target',
    'changed spec.dataFrom[1].extract',
    'changed spec.dataFrom',
  ],
  'rrsa-store': [
    'converted SecretStore rrsa',
    'changed spec.provider.alibaba.auth.secretRef',
    'changed spec.provider.alibaba.auth.rrsa',
    'changed spec.provider.alibaba.auth.rrsa.oidcTokenFilePath',
  ],
  'source-ref': [
    'converted ExternalSecret source-ref',
    'changed spec.data[1].sourceRef.storeRef',
    'changed spec.dataFrom[0].extract',
    'changed spec.dataFrom',
  ],
  'template-from': [
    'converted ExternalSecret template-from',
    'changed spec.dataFrom[0].extract',
    'changed spec.target.template.templateFrom',
    'suspended ExternalSecret template-annotation',
    'suspended spec.target.template',
  ],
  'template-functions': [
    'suspended ExternalSecret template-functions',
    'suspended spec.target.template.data["tls.crt"]',
    'suspended spec.target.template.data["tls.key"]',
    'suspended spec.target.template.data["made"]',
    'suspended spec.target.template.data["made"]',
    'suspended spec.target.template.data["made"]',
    'suspended ExternalSecret template-v1',
    'suspended spec.target.template.engineVersion',
  ],
  'template-literal': [
    'suspended ExternalSecret template-literal',
    'changed spec.dataFrom[0].extract',
    'suspended spec.target.template.templateFrom[0].literal',
    'suspended spec.target.template.templateFrom[1].target',
    'suspended spec.target.template.templateFrom[1].secret.items[0].templateAs',
    'changed spec.target.template.templateFrom[1].secret',
  ],
  'template-merge': ['converted ExternalSecret template-merge', 'changed spec.dataFrom[0].extract'],
  template: [
    'converted ExternalSecret template',
    'changed spec.data[0].remoteRef.property',
    'changed spec.data[1].remoteRef.property',
    'changed spec.data[2].remoteRef.property',
    'changed spec.data[3].remoteRef.property',
    'left-out spec.target.template.metadata.finalizers',
  ],
  vault: [
    'not-converted SecretStore vault',
    'not-converted spec.provider',
    'not-converted ExternalSecret from-vault',
    'not-converted spec.secretStoreRef',
    'changed spec.data[0].remoteRef.property',
    'not-converted ExternalSecret from-both',
    'not-converted spec.data[1].sourceRef.storeRef',
  ],
  version: ['converted ExternalSecret version'],
  'whole-value': ['converted ExternalSecret whole-value'],
}

describe('manifests of External Secrets Operator', () => {
  it('the report lists each resource, and every field with another meaning or without one', async () => {
    const { code, out } = await run(['migrate', '-f', MANIFESTS, '-o', 'json'], { mayShow: true })
    const said: Record<string, string[]> = {}
    for (const { outcome, kind, name, location, findings } of (JSON.parse(out) as Report).resources) {
      const lines = (said[path.basename(location).replace(/\.yaml:\d+$/, '')] ??= [])
      lines.push(`${outcome} ${kind} ${name}`, ...findings.map(({ effect, field }) => `${effect} ${field}`))
    }
    expect(said).toEqual(EXPECTED)
    expect(code).toBe(1)
  })

  it('calls no field unknown that External Secrets Operator has', async () => {
    const { out } = await run(['migrate', '-f', MANIFESTS, '-o', 'json'], { mayShow: true })
    const unknown = (JSON.parse(out) as Report).resources.filter(({ findings }) =>
      findings.some(({ what }) => what.endsWith('has no such field')),
    )
    expect(unknown.map(({ name }) => name)).toEqual(['unknown-fields'])
  })

  it('prints the same for users, with resources to review first', async () => {
    const { err } = await run(['migrate', '-f', `${MANIFESTS}/find.yaml`, `${MANIFESTS}/orphan.yaml`])
    expect(err).toMatchInlineSnapshot(`
      "RESULT         RESOURCE                          FIELD                                     WHY, AND WHAT TO DO
      suspended      ExternalSecret shop/find-details  spec.dataFrom[0].find.decodingStrategy    values are not decoded: decode each with b64dec in target.template.data
      suspended      ExternalSecret shop/find-details  spec.dataFrom[0].find.conversionStrategy  characters that a key cannot have become _, not _Uxxxx_: rename the keys that need it with rewrite
      not converted  ExternalSecret shop/find-nothing  spec.dataFrom[0].find                     no name, path or tags: name the secrets, or use name.regexp: .* for all

      CHANGED MEANING
      - SecretStore kms is not among the manifests: migrate it too, and check that its provider is alibaba
        ExternalSecret shop/find spec.secretStoreRef, ExternalSecret shop/find-and-token spec.secretStoreRef, ExternalSecret shop/find-details spec.secretStoreRef, and 1 more
      - if more than 500 secrets match, nothing is written
        ExternalSecret shop/find spec.dataFrom[0].find, ExternalSecret shop/find-and-token spec.dataFrom[0].find, ExternalSecret shop/find-details spec.dataFrom[0].find
      - a key that two entries produce is an error (DuplicateKey); there the later one won, data last: rename one of them with replaceRule or rewrite
        ExternalSecret shop/find-and-token spec.dataFrom
      - a folder: app matches app/db, but not application
        ExternalSecret shop/find-details spec.dataFrom[0].find.path
      - a secret that is deleted in KMS is an error and its keys stay, as there; the Secret also stays if all extracted documents are empty (NoData)
        ExternalSecret shop/orphan spec.target.deletionPolicy
      - deletionPolicy: Retain keeps the Secret when the resource is deleted; an edited or deleted Secret is restored at once, there at the next refresh
        ExternalSecret shop/orphan spec.target.creationPolicy

      5 resources: 3 converted, 1 suspended, 1 not converted; 20 fields kept, 11 changed in meaning, 3 left out
      "
    `)
  })

  it('says that its generators of tokens are for other clouds, and what to write for Alibaba Cloud', async () => {
    const { out } = await run(['migrate', '-f', `${MANIFESTS}/generator.yaml`, '-o', 'json'], { mayShow: true })
    const findings = (JSON.parse(out) as Report).resources.flatMap((resource) => resource.findings)
    const said = findings.filter(({ what }) => what.includes('not of Alibaba Cloud'))
    expect(said.map(({ what, todo }) => [what, todo])).toEqual([
      [
        'ACRAccessToken gets tokens of Azure Container Registry, not of Alibaba Cloud',
        expect.stringContaining('generate[].containerRegistry') as unknown,
      ],
      ['STSSessionToken gets sessions of AWS, not of Alibaba Cloud', expect.stringContaining('generate[].stsToken')],
    ])
  })

  it.each(['property', 'decoding', 'labels', 'policies', 'rewrite', 'live', 'push-secrets', 'find', 'generator'])(
    '%s is rewritten as expected',
    async (name) => {
      const { out } = await run(['migrate', '-f', `${MANIFESTS}/${name}.yaml`])
      await expect(out).toMatchFileSnapshot(`__snapshots__/${name}.yaml.snap`)
    },
  )

  it('counts no field as kept that the converted resource does not have', async () => {
    const { out } = await run(['migrate', '-f', `${MANIFESTS}/live.yaml`, `${MANIFESTS}/policies.yaml`, '-o', 'json'], {
      mayShow: true,
    })
    const carried = (JSON.parse(out) as Report).resources.flatMap((resource) => resource.carried)
    expect(carried.filter((field) => /deletionPolicy|metadataPolicy|conversionStrategy/.test(field))).toEqual([])
  })

  it.each(['whole-value', 'version', 'extract'])('%s exits with 0: no manual work remains', async (name) => {
    const { code, err } = await run(
      ['migrate', '-f', `${MANIFESTS}/${name}.yaml`, `${MANIFESTS}/access-key-store.yaml`],
      {
        mayShow: true,
      },
    )
    expect(code).toBe(0)
    expect(err).toMatch(
      /^CHANGED MEANING\n(- .*\n {2}.*\n)+\n2 resources: 2 converted; \d+ fields kept, [34] changed in meaning, 0 left out\n$/,
    )
  })

  it('suspends resources with templates that do not parse, also in ConfigMaps, and reports missing ConfigMaps', async () => {
    const template = (name: string, content: object): string =>
      JSON.stringify({
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name },
        spec: {
          secretStoreRef: { name: 'kms' },
          data: [{ secretKey: 'a', remoteRef: { key: 'a' } }],
          target: { template: content },
        },
      })
    const configMap = (name: string): object => ({ templateFrom: [{ configMap: { name, items: [{ key: 'k' }] } }] })
    const cwd = await folderWith({
      'all.yaml': [
        template('unknown', { data: { x: '{{ .a | certSANs }}' } }),
        template('unclosed', { data: { x: 'first\n{{ if .a }}' } }),
        template('needs-data', { data: { x: '{{ .a.b.c | fromJson }}' } }),
        template('from', configMap('texts')),
        template('absent', configMap('nowhere')),
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'texts' }, data: { k: '{{ end }}' } }),
      ].join('\n---\n'),
    })
    const { code, out } = await run(['migrate', '-f', 'all.yaml', '-o', 'json'], { cwd })
    const { resources } = JSON.parse(out) as Report
    const said = resources.map(({ name, outcome, findings }) => [
      name,
      outcome,
      findings.filter(({ field }) => field.startsWith('spec.target')).map(({ what }) => what),
    ])
    expect(code).toBe(1)
    expect(said).toEqual([
      ['unknown', 'suspended', ['it does not parse: line 1: function "certSANs" not defined']],
      ['unclosed', 'suspended', ['it does not parse: line 2: unexpected EOF']],
      ['needs-data', 'converted', []],
      ['from', 'suspended', ['k of ConfigMap texts: it does not parse: line 1: unexpected {{end}}']],
      ['absent', 'converted', ['ConfigMap nowhere is not among the manifests: its templates were not checked']],
    ])
  })

  it('writes files with the same names, and a script that releases owned Secrets', async () => {
    const cwd = await folderWith({})
    const { code, out } = await run(['migrate', '-f', MANIFESTS, '--out', 'new', '--adopt'], { cwd })
    expect(code).toBe(1)
    expect(out).toMatch(/\n\d+ resources: \d+ converted, \d+ suspended, \d+ not converted; /)
    const files = Object.keys(await treeOf(path.join(cwd, 'new')))
    // These have no counterpart.
    const gone = ['none.yaml', 'referent-store.yaml', 'vault.yaml']
    const names = Object.keys(EXPECTED).map((name) => `${name}.yaml`)
    expect(files).toEqual([...names.filter((name) => !gone.includes(name)), 'release-secrets.sh'].toSorted())
    const script = await readFile(path.join(cwd, 'new/release-secrets.sh'), 'utf8')
    expect(script).toContain('release shop whole-value-secret whole-value\n')
    expect(script).toContain('release_everywhere everywhere-secret everywhere-token everywhere\n')
    // Suspended, merged or orphaned Secrets are not adopted, or have no owner already.
    expect(script).not.toMatch(/release\S* .*(merge-target|orphan)/)
  })

  it('keeps the directories of -R, and without it says that they are not read', async () => {
    const manifest = await readFile(path.join(MANIFESTS, 'access-key-store.yaml'), 'utf8')
    const cwd = await folderWith({ 'in/a.yaml': manifest, 'in/shop/a.yaml': manifest })
    await run(['migrate', '-f', 'in', '-R', '--out', 'new'], { cwd })
    expect(Object.keys(await treeOf(path.join(cwd, 'new')))).toEqual(['a.yaml', 'shop/a.yaml'])
    const { err } = await run(['migrate', '-f', 'in', '--out', 'flat'], { cwd })
    expect(Object.keys(await treeOf(path.join(cwd, 'flat')))).toEqual(['a.yaml'])
    expect(err).toBe('acksm: in: directories below it are not read; to read them, add -R\n')
  })

  /** Runs the release script for Secret web with a kubectl that prints its arguments on stderr, and this owner. */
  async function release(owner: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const manifest = {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: 'web' },
      spec: { secretStoreRef: { name: 'kms' }, data: [{ secretKey: 'a', remoteRef: { key: 'a' } }] },
    }
    const cwd = await folderWith({
      'web.yaml': JSON.stringify(manifest),
      kubectl: `#!/bin/sh\necho "kubectl $*" >&2\necho "${owner}"\n`,
    })
    await run(['migrate', '-f', 'web.yaml', '--out', 'new', '--adopt'], { cwd })
    await chmod(path.join(cwd, 'kubectl'), 0o755)
    const env = { PATH: `${cwd}:${process.env['PATH']}` }
    return promisify(execFile)(path.join(cwd, 'new/release-secrets.sh'), { env })
  }

  it.each([
    ['  ', 'web: skipped; it has no owner\n'],
    ['v1 ConfigMap other', 'web: skipped; its owner is: v1 ConfigMap other\n'],
    [
      'external-secrets.io/v1 ExternalSecret other',
      'web: skipped; its owner is: external-secrets.io/v1 ExternalSecret other\n',
    ],
  ])('does not release a Secret whose owner is %j', async (owner, said) => {
    const { stdout, stderr } = await release(owner)
    expect([stdout, stderr.match(/kubectl (label|patch)/)]).toEqual([said, null])
  })

  it('releases the Secret of a manifest without a namespace where kubectl applies it', async () => {
    const { stderr } = await release('external-secrets.io/v1 ExternalSecret web')
    expect(stderr.split('\n').map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
      'kubectl get secret web',
      'kubectl label secret web',
      'kubectl patch secret web',
      '',
    ])
  })

  it('releases no Secret of an ExternalSecret that its ClusterExternalSecret did not create', async () => {
    const cwd = await folderWith({
      kubectl: `#!/bin/sh
case "$*" in
  *"get externalsecrets"*) echo "a/ClusterExternalSecret/everywhere b// c/ClusterExternalSecret/other " ;;
  *"get secret"*) echo 'external-secrets.io/v1 ExternalSecret everywhere-token' ;;
  *) echo "kubectl $*" >&2 ;;
esac
`,
    })
    await run(['migrate', '-f', `${MANIFESTS}/cluster-external-secret.yaml`, '--out', 'new', '--adopt'], { cwd })
    await chmod(path.join(cwd, 'kubectl'), 0o755)
    const env = { PATH: `${cwd}:${process.env['PATH']}` }
    const { stdout, stderr } = await promisify(execFile)(path.join(cwd, 'new/release-secrets.sh'), { env })
    expect(stderr.match(/kubectl -n \S+ (label|patch)/g)).toEqual(['kubectl -n a label', 'kubectl -n a patch'])
    const skipped = 'skipped; ClusterExternalSecret everywhere did not create ExternalSecret everywhere-token'
    expect(stdout).toBe(`b/everywhere-secret: ${skipped}\nc/everywhere-secret: ${skipped}\n`)
  })

  it('--endpoint sets the endpoint of the stores', async () => {
    const store = `${MANIFESTS}/cluster-store.yaml`
    const { out } = await run(['migrate', '-f', store, '--endpoint', 'kms-vpc.{region}.aliyuncs.com'])
    expect(out).toContain('endpoint: kms-vpc.cn-hangzhou.aliyuncs.com\n')
    expect(out).toContain('- .*(?:hop).*\n        - ^sho.*$\n')
  })

  it('ignores resources of the other operator with --from', async () => {
    const { code, out, err } = await run(['migrate', '-f', `${MANIFESTS}/extract.yaml`, '--from', 'ack-secret-manager'])
    expect([code, out]).toEqual([2, ''])
    expect(err).toBe(`acksm: nothing to migrate in ${MANIFESTS}/extract.yaml: no resource of ack-secret-manager\n`)
  })
})
