import { isRecord } from '../../manifests/parse-objects.ts'
import type { Findings } from '../findings.ts'
import type { DocumentEditor } from './document-editor.ts'

/** Context of the check of a resource of the Go operator. */
export interface UpstreamCheck {
  readonly findings: Findings
  readonly editor: DocumentEditor
  /** Namespace of the resource; undefined if cluster-scoped. */
  readonly namespace: string | undefined
}

const PLACES = [
  ['KMS', 'KMSAuth'],
  ['KMS', 'dedicatedKMSAuth'],
  ['OOS', 'OOSAuth'],
] as const
/** Fields of which one names the identity, or the role that it assumes; a `remoteRamRoleARN` alone is assumed by the operator. */
const IDENTITIES = [
  'accessKey',
  'serviceAccountRef',
  'workerRole',
  'oidcProviderARN',
  'oidcTokenFilePath',
  'ramRoleARN',
]
const REFERENCES = ['accessKey', 'accessKeySecret', 'serviceAccountRef', 'clientKeyContent', 'password']

/** Reports changed meanings of a store of the Go operator, and reduces it to one identity. */
export function checkStore(spec: Readonly<Record<string, unknown>>, check: UpstreamCheck): void {
  let hasAuth = false
  for (const [place, name] of PLACES) {
    const holder = spec[place]
    const auth = isRecord(holder) ? holder[name] : undefined
    if (!isRecord(auth) || Object.keys(auth).length === 0) continue
    hasAuth = true
    const path = `spec.${place}.${name}`
    const kept = name === 'dedicatedKMSAuth' ? auth : new AuthCheck(auth, ['spec', place, name], check).run()
    checkReferences(kept, path, check)
    if (name === 'dedicatedKMSAuth' || IDENTITIES.some((field) => isGiven(kept[field]))) continue
    tellOwnIdentity(path, check.findings)
  }
  if (!hasAuth) tellOwnIdentity('spec', check.findings)
}

/** Resources without an identity read with the operator's identity. */
export function tellOwnIdentity(field: string, findings: Findings): void {
  findings.changed(
    field,
    'it reads with the identity of the operator, which has no fallback',
    'set ALIBABA_CLOUD_… on the operator, or start it with --enable-worker-role',
  )
}

function checkReferences(auth: Readonly<Record<string, unknown>>, path: string, check: UpstreamCheck): void {
  const { findings, namespace } = check
  for (const name of REFERENCES) {
    const ref = auth[name]
    const other = isRecord(ref) ? ref['namespace'] : undefined
    if (namespace === undefined || typeof other !== 'string' || other === '' || other === namespace) continue
    findings.changed(
      `${path}.${name}.namespace`,
      'a credential of another namespace is refused by default, as in v0.6.4 and later',
      'start the operator with --enable-cross-namespace-auth-ref, or use a ClusterSecretStore',
    )
  }
}

/** Checks a RAM identity. The Go operator selects one of several by priority; here a store has exactly one. */
class AuthCheck {
  /** The remaining fields. */
  readonly #auth: Record<string, unknown>
  readonly #path: readonly string[]
  readonly #check: UpstreamCheck

  constructor(auth: Readonly<Record<string, unknown>>, path: readonly string[], check: UpstreamCheck) {
    this.#auth = { ...auth }
    this.#path = path
    this.#check = check
  }

  /** @returns the remaining identity */
  run(): Readonly<Record<string, unknown>> {
    this.#spelling()
    if (this.#has('serviceAccountRef')) {
      this.#drop('serviceAccountRef', ['accessKey', 'accessKeySecret', 'oidcTokenFilePath'])
      if (this.#has('ramRoleARN')) {
        this.#changed(
          'ramRoleARN',
          'it takes precedence over the role in the annotation of the ServiceAccount',
          'keep one of the two',
        )
      }
    } else if (this.#has('oidcProviderARN') && this.#has('ramRoleARN')) {
      this.#drop('oidcProviderARN', ['accessKey', 'accessKeySecret'])
    } else if (this.#has('accessKey')) {
      this.#drop('accessKey', ['oidcProviderARN', 'oidcTokenFilePath'])
    } else if (this.#has('ramRoleARN')) {
      this.#changed(
        'ramRoleARN',
        'a role without an identity is assumed with RRSA of the operator',
        'set the identity that assumes the role: accessKey, oidcProviderARN, serviceAccountRef or workerRole',
      )
    }
    this.#unnamedSessions()
    this.#ignoredFields()
    return this.#auth
  }

  /** v0.5 did not assume a role without a session name. */
  #unnamedSessions(): void {
    if (this.#has('accessKey') && this.#has('ramRoleARN') && !this.#has('ramRoleSessionName')) {
      this.#changed(
        'ramRoleARN',
        'the role is assumed; v0.5 read with the AccessKey itself unless ramRoleSessionName was set',
        'remove it if the AccessKey itself must read',
      )
    }
    if (this.#has('remoteRamRoleARN') && !this.#has('remoteRamRoleSessionName')) {
      this.#changed(
        'remoteRamRoleARN',
        'the role is assumed; v0.5 ignored it unless remoteRamRoleSessionName was set',
        'remove it if the secrets belong to the same account',
      )
    }
  }

  #ignoredFields(): void {
    if (this.#has('oidcTokenFilePath')) {
      this.#changed(
        'oidcTokenFilePath',
        'it takes effect here; v0.5 always read /var/run/secrets/tokens/ack-secret-manager',
        'remove it unless the operator has a token there',
      )
    }
    if (this.#has('roleSessionExpiration')) {
      this.#changed(
        'roleSessionExpiration',
        'it takes effect here; v0.5 ignored it',
        'set at most the maximum session of the role, or remove it',
      )
    }
  }

  /** The README documented a spelling that the CRD did not have, so that the API server dropped the field. */
  #spelling(): void {
    if (!this.#has('remoteRamRoleArn')) return
    this.#changed(
      'remoteRamRoleArn',
      'this spelling takes effect here; the API server dropped it, so that the role was never assumed',
      'remove it if the secrets belong to the same account',
    )
    if (this.#has('remoteRamRoleARN')) this.#check.editor.remove([...this.#path, 'remoteRamRoleArn'])
    else this.#check.editor.rename([...this.#path, 'remoteRamRoleArn'], 'remoteRamRoleARN')
  }

  #drop(winner: string, losers: readonly string[]): void {
    for (const loser of losers) {
      if (!this.#has(loser)) continue
      this.#changed(
        loser,
        `${winner} takes precedence: a store has one identity, without a fallback`,
        'keep this one instead if it was in use',
      )
      delete this.#auth[loser]
      this.#check.editor.remove([...this.#path, loser])
    }
  }

  #changed(field: string, what: string, todo: string): void {
    this.#check.findings.changed([...this.#path, field].join('.'), what, todo)
  }

  #has(name: string): boolean {
    return isGiven(this.#auth[name])
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}
