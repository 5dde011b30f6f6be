import { isRecord } from '../../manifests/parse-objects.ts'
import type { Findings } from '../findings.ts'
import { tellOwnIdentity, type UpstreamCheck } from './check-store.ts'
import { pathOf } from './document-editor.ts'

type Fields = Readonly<Record<string, unknown>>

const SECRET_KEY = /^[-._a-zA-Z0-9]+$/
const ALLOWED_ENDPOINT = /^[-a-z0-9.]+\.aliyuncs\.com$/i

/** Reports fields of the Go operator's ExternalSecret that have another meaning here. */
export function checkExternalSecret(spec: Fields, path: string, check: UpstreamCheck): void {
  const { findings } = check
  const checkEntry = spec['provider'] === 'oos' ? checkParameter : checkSecret
  for (const [index, entry] of records(spec['data']).entries()) {
    checkEntry(entry, `${path}.data[${index}]`, check)
  }
  for (const [index, entry] of records(spec['dataProcess']).entries()) {
    const at = `${path}.dataProcess[${index}]`
    const extract = entry['extract']
    if (isRecord(extract)) {
      checkEntry(extract, `${at}.extract`, check)
      if (records(extract['jmesPath']).length === 0) {
        findings.changed(
          `${at}.extract`,
          'members keep their own text: no line break after a number, 0123 stays 0123, long numbers keep their digits, nested members are compact JSON',
        )
      } else {
        findings.changed(
          `${at}.extract`,
          'jmesPath selects its keys; v0.5 ignored it and wrote every member',
          'remove jmesPath to write every member',
        )
      }
    }
    if (records(entry['replaceRule']).length > 0) {
      findings.changed(`${at}.replaceRule`, 'it renames keys; v0.6 also replaced text in values')
    }
  }
  const documents = records(spec['dataProcess']).length
  if (documents > 0 && documents + records(spec['data']).length > 1) {
    findings.changed(
      `${path}.dataProcess`,
      'a key that two entries produce is an error (DuplicateKey); there the later one won, dataProcess last',
      'rename one of them with replaceRule',
    )
  }
  const target = spec['target']
  const template = isRecord(target) ? target['template'] : undefined
  if (isRecord(template)) checkTemplate(template, `${path}.target.template`, findings)
}

/** Without these fields an entry of OOS means here what it meant there. */
function checkParameter(entry: Fields, path: string, check: UpstreamCheck): void {
  checkSource(entry, path, check)
  for (const name of ['versionId', 'versionStage', 'kmsEndpoint']) {
    const value = entry[name] ?? ''
    if (value === '' || (name === 'versionStage' && value === 'ACSCurrent')) continue
    const field = `${path}.${name}`
    check.editor.remove(pathOf(field))
    check.findings.changed(
      field,
      'removed, because it had no effect for a parameter of OOS: the latest version was read',
      'write versionId back to stay at one version',
    )
  }
}

function checkSecret(entry: Fields, path: string, check: UpstreamCheck): void {
  checkSource(entry, path, check)
  const endpoint = entry['kmsEndpoint']
  if (typeof endpoint === 'string' && endpoint !== '' && !ALLOWED_ENDPOINT.test(endpoint)) {
    check.findings.changed(
      `${path}.kmsEndpoint`,
      'only names below aliyuncs.com are allowed by default',
      `start the operator with --allow-endpoint ${endpoint}`,
    )
  }
}

function checkSource(entry: Fields, path: string, { findings, editor, namespace }: UpstreamCheck): void {
  if (records(entry['jmesPath']).length > 0) {
    const field = `${path}.jmesPath`
    findings.changed(field, 'values other than text become compact JSON, numbers with their own digits')
    if (entry['optional'] !== true) {
      findings.changed(
        field,
        'a path without a match fails, and all keys of its secret keep their last values; there only its key was missing, or the whole document was written if no path matched',
        'set optional: true on an entry whose paths may have no match',
      )
    }
  }
  const { key } = entry
  for (const [index, { objectAlias }] of records(entry['jmesPath']).entries()) {
    if (objectAlias !== '' || typeof key !== 'string' || !SECRET_KEY.test(key)) continue
    const field = `${path}.jmesPath[${index}].objectAlias`
    editor.set(pathOf(field), key)
    findings.changed(
      field,
      'an empty name means the path, so the name that v0.6.7 used is written out: that of the secret',
    )
  }
  const store = entry['secretStoreRef']
  if (!isRecord(store)) tellOwnIdentity(`${path}.secretStoreRef`, findings)
  else if (
    namespace !== undefined &&
    store['kind'] !== 'ClusterSecretStore' &&
    typeof store['namespace'] === 'string' &&
    ![namespace, ''].includes(store['namespace'])
  ) {
    findings.changed(
      `${path}.secretStoreRef.namespace`,
      'a store of another namespace is refused by default, as in v0.6.4 and later',
      'start the operator with --enable-cross-namespace-secret-store, or use a ClusterSecretStore',
    )
  }
}

function checkTemplate(template: Fields, path: string, findings: Findings): void {
  findings.changed(
    path,
    'a template that fails, a missing key, and an invalid label or annotation are errors, and nothing is written; there only that part was left out, or <no value> was written',
    'add a default for keys that may be missing: {{ .x | default "…" }}',
  )
  const metadata = isRecord(template['metadata']) ? template['metadata'] : {}
  const maps: readonly (readonly [string, unknown])[] = [
    [`${path}.data`, template['data']],
    [`${path}.metadata.labels`, metadata['labels']],
    [`${path}.metadata.annotations`, metadata['annotations']],
  ]
  const texts: (readonly [string, unknown])[] = maps.flatMap(([at, map]) =>
    Object.entries(isRecord(map) ? map : {}).map(([key, text]) => [`${at}[${JSON.stringify(key)}]`, text] as const),
  )
  for (const [index, entry] of records(template['templateFrom']).entries()) {
    texts.push([`${path}.templateFrom[${index}].literal`, entry['literal']])
    const { secret } = entry
    if (isRecord(secret)) findings.templateOfSecret(`${path}.templateFrom[${index}].secret`, String(secret['name']))
    const configMap = isRecord(entry['configMap']) ? entry['configMap'] : {}
    for (const { key } of records(configMap['items'])) {
      findings.templateOfConfigMap(`${path}.templateFrom[${index}].configMap`, String(configMap['name']), String(key))
    }
  }
  for (const [at, text] of texts) {
    if (typeof text === 'string') findings.template(at, text)
  }
}

function records(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
