import { plant } from './canary.ts'

/** The secret fields of a simulator seed. */
export interface SecretsOfSeed {
  readonly accessKeys?: readonly { readonly id: string; readonly secret: string }[] | undefined
  readonly instances?:
    | readonly { readonly clientKeys?: readonly { readonly id: string; readonly password: string }[] | undefined }[]
    | undefined
  readonly parameters?: readonly { readonly name: string; readonly value: string }[] | undefined
  readonly secrets?:
    | readonly { readonly name: string; readonly versions: readonly { readonly data?: string | undefined }[] }[]
    | undefined
}

/** Text that can be distinguished from other text. */
const PLANTABLE = /^[ -~]{8,}$/

/**
 * Adds the secrets of an example to the scan, because examples have no canaries. @param manifests its manifests. A value that they contain,
 * or that is also a name in the seed, is not secret @throws Error if no value remains
 */
export function plantSeed(seed: SecretsOfSeed, manifests: string): void {
  const { accessKeys = [], instances = [], parameters = [], secrets = [] } = seed
  const names = [...parameters, ...secrets].map(({ name }) => name).join('\n')
  const values: readonly (readonly [string, string])[] = [
    ...accessKeys.map(({ id, secret }) => [id, secret] as const),
    ...instances.flatMap(({ clientKeys = [] }) => clientKeys.map(({ id, password }) => [id, password] as const)),
    ...parameters.map(({ name, value }) => [name, value] as const),
    ...secrets.flatMap(({ name, versions }) =>
      versions.flatMap(({ data = '' }) => textsIn(data).map((text) => [name, text] as const)),
    ),
  ]
  const plantable = values.filter(([, value]) => PLANTABLE.test(value) && !`${manifests}\n${names}`.includes(value))
  if (plantable.length === 0) throw new Error('the seed has no secret that its manifests do not say')
  for (const [name, value] of plantable) plant(`${name} of an example`, value)
}

/** A value and, if it is a JSON document, the texts in it. */
function textsIn(data: string): readonly string[] {
  const texts = [data]
  try {
    JSON.parse(data, (_key, member: unknown) => {
      if (typeof member === 'string') texts.push(member)
      return member
    })
  } catch {
    // Not a document: only the value itself.
  }
  return texts
}
