/** How a Pod uses a Secret. */
export interface SecretUse {
  readonly secret: string
  /** `env PASSWORD`, `envFrom`, `volume certs`, `projected volume all`, `imagePullSecrets`. */
  readonly how: string
}

interface Named {
  readonly name?: string
}

interface Container extends Named {
  readonly env?: readonly (Named & { readonly valueFrom?: { readonly secretKeyRef?: Named } })[]
  readonly envFrom?: readonly { readonly secretRef?: Named }[]
}

interface Volume extends Named {
  readonly secret?: { readonly secretName?: string }
  readonly projected?: { readonly sources?: readonly { readonly secret?: Named }[] }
  readonly [source: string]: unknown
}

/** The parts of the spec of a Pod that can name a Secret. */
export interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly imagePullSecrets?: readonly Named[]
}

/** The Secrets that a Pod uses, each way once. Pure. */
export function secretUsesOf(spec: PodSpec): readonly SecretUse[] {
  const containers = [spec.containers, spec.initContainers, spec.ephemeralContainers].flatMap((each) => each ?? [])
  const uses = [
    ...containers.flatMap(usesOfContainer),
    ...(spec.volumes ?? []).flatMap(usesOfVolume),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }) => use(name, 'imagePullSecrets')),
  ]
  return [...new Map(uses.map((each) => [`${each.secret}\n${each.how}`, each])).values()]
}

function usesOfContainer({ env = [], envFrom = [] }: Container): readonly SecretUse[] {
  return [
    ...env.flatMap(({ name = '', valueFrom }) => use(valueFrom?.secretKeyRef?.name, `env ${name}`)),
    ...envFrom.flatMap(({ secretRef }) => use(secretRef?.name, 'envFrom')),
  ]
}

function usesOfVolume(volume: Volume): readonly SecretUse[] {
  const { name = '', secret, projected, ...sources } = volume
  return [
    ...use(secret?.secretName, `volume ${name}`),
    ...(projected?.sources ?? []).flatMap((source) => use(source.secret?.name, `projected volume ${name}`)),
    ...Object.values(sources).flatMap((source) => use(credentialOf(source), `credential of volume ${name}`)),
  ]
}

/** The Secret with the credential of a volume: of CSI, Ceph, iSCSI, Azure and others. */
function credentialOf(source: unknown): string | undefined {
  const { secretRef, nodePublishSecretRef, secretName } = (source ?? {}) as {
    readonly secretRef?: Named
    readonly nodePublishSecretRef?: Named
    readonly secretName?: string
  }
  return nodePublishSecretRef?.name ?? secretRef?.name ?? secretName
}

function use(secret: string | undefined, how: string): readonly SecretUse[] {
  return typeof secret === 'string' && secret !== '' ? [{ secret, how }] : []
}
