import { isRecord } from '../../manifests/parse-objects.ts'
import type { Findings } from '../findings.ts'
import type { DocumentEditor } from './document-editor.ts'

/** What a check of a resource of the Go operator works with. */
export interface UpstreamCheck {
  readonly findings: Findings
  readonly editor: DocumentEditor
  /** Of the resource; undefined for one of the cluster. */
  readonly namespace: string | undefined
}

const PLACES = [
  ['KMS', 'KMSAuth'],
  ['KMS', 'dedicatedKMSAuth'],
  ['OOS', 'OOSAuth'],
] as const
const REFERENCES = ['accessKey', 'accessKeySecret', 'serviceAccountRef', 'clientKeyContent', 'password']

/** Tells what a SecretStore or ClusterSecretStore of the Go operator means here, and leaves it one identity. */
export function checkStore(spec: Readonly<Record<string, unknown>>, check: UpstreamCheck): void {
  let hasIdentity = false
  for (const [place, name] of PLACES) {
    const holder = spec[place]
    const auth = isRecord(holder) ? holder[name] : undefined
    if (!isRecord(auth) || Object.keys(auth).length === 0) continue
    hasIdentity = true
    const kept = name === 'dedicatedKMSAuth' ? auth : new AuthCheck(auth, ['spec', place, name], check).run()
    checkReferences(kept, `spec.${place}.${name}`, check)
  }
  if (!hasIdentity) tellOwnIdentity('spec', check.findings)
}

/** Resources that name no identity read as the operator. */
export function tellOwnIdentity(field: string, findings: Findings): void {
  findings.changed(
    field,
    'it reads as the operator itself, which has the identity that it was given and falls back to none',
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

/** Looks at one RAM identity: the Go operator picks from several by priority, here a store has one. */
class AuthCheck {
  /** What is left of it. */
  readonly #auth: Record<string, unknown>
  readonly #path: readonly string[]
  readonly #check: UpstreamCheck

  constructor(auth: Readonly<Record<string, unknown>>, path: readonly string[], check: UpstreamCheck) {
    this.#auth = { ...auth }
    this.#path = path
    this.#check = check
  }

  /** @returns the one identity that is left */
  run(): Readonly<Record<string, unknown>> {
    this.#spelling()
    if (this.#has('serviceAccountRef')) {
      this.#drop('serviceAccountRef', ['accessKey', 'accessKeySecret', 'oidcTokenFilePath'])
      if (this.#has('ramRoleARN')) {
        this.#changed(
          'ramRoleARN',
          'it beats the role that the annotation of the ServiceAccount names',
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
        'a role alone is taken by RRSA of the operator',
        'say as whom the role is taken: accessKey, oidcProviderARN, serviceAccountRef or workerRole',
      )
    }
    return this.#auth
  }

  /** The README taught a spelling that the CRD did not have, so that the API server dropped it. */
  #spelling(): void {
    if (!this.#has('remoteRamRoleArn')) return
    this.#changed(
      'remoteRamRoleArn',
      'this spelling counts here; the API server dropped it, so that the role was never taken',
      'remove it where the secrets are of the same account',
    )
    if (this.#has('remoteRamRoleARN')) this.#check.editor.remove([...this.#path, 'remoteRamRoleArn'])
    else this.#check.editor.rename([...this.#path, 'remoteRamRoleArn'], 'remoteRamRoleARN')
  }

  #drop(winner: string, losers: readonly string[]): void {
    for (const loser of losers) {
      if (!this.#has(loser)) continue
      this.#changed(
        loser,
        `${winner} beats it, and nothing falls back to it: a store has one identity here`,
        'keep the other one where that is what was used',
      )
      delete this.#auth[loser]
      this.#check.editor.remove([...this.#path, loser])
    }
  }

  #changed(field: string, what: string, todo: string): void {
    this.#check.findings.changed([...this.#path, field].join('.'), what, todo)
  }

  #has(name: string): boolean {
    const value = this.#auth[name]
    return value !== undefined && value !== null && value !== ''
  }
}
