import { parseRoleArn } from '@ack-secret-manager/alicloud-openapi'
import type { Sensitive } from '@ack-secret-manager/core'

/** How a role is assumed. */
interface RoleParts {
  readonly roleArn: string
  readonly sessionName: string
  readonly durationSeconds?: number
  readonly stsRegion?: string
  readonly stsEndpoint?: string
  readonly viaVpc?: boolean
}

/** What an identity is made of: configuration that was read, before any request. */
export type Recipe =
  | {
      readonly kind: 'access-key'
      readonly id: string
      readonly secret: Sensitive<string>
      readonly token?: Sensitive<string>
      /** End of a session that another program has left in a file, in wall-clock milliseconds. */
      readonly expiresAtMs?: number
    }
  | ({
      readonly kind: 'assume-role'
      readonly base: Recipe
      readonly externalId?: string
      readonly policy?: string
    } & RoleParts)
  | ({ readonly kind: 'oidc'; readonly providerArn: string; readonly tokenFile: string } & RoleParts)
  | { readonly kind: 'ecs-role'; readonly roleName?: string }
  | { readonly kind: 'uri'; readonly uri: Sensitive<string> }
  /** A command that prints a session. */
  | { readonly kind: 'command'; readonly command: Sensitive<string> }
  /** A login of the `aliyun` CLI, whose state the SDK reads from and writes to the configuration file. */
  | { readonly kind: 'cli-profile'; readonly mode: string; readonly profileName: string }

/** Ids of RAM users, STS sessions and console sessions. Any other text may be a misplaced secret. */
const ACCESS_KEY_ID = /^(?:LTAI|STS\.|TMP\.)[A-Za-z0-9.]{1,124}$/

/** The identity of a recipe for people, without a value. */
export function describeRecipe(recipe: Recipe): string {
  switch (recipe.kind) {
    case 'access-key':
      return ACCESS_KEY_ID.test(recipe.id) ? `AccessKey ${recipe.id}` : 'AccessKey with an id of the old form'
    case 'assume-role':
      return `role ${recipe.roleArn} assumed by ${describeRecipe(recipe.base)}`
    case 'oidc':
      return `role ${recipe.roleArn} for the OIDC token in ${recipe.tokenFile}`
    case 'ecs-role':
      return recipe.roleName === undefined ? 'RAM role of this ECS instance' : `ECS RAM role ${recipe.roleName}`
    case 'uri':
      return `credentials URI at ${originOf(recipe.uri.expose())}`
    case 'command':
      return 'external command'
    case 'cli-profile':
      return recipe.mode
  }
}

/** The program of the command that a recipe runs, without its path and its arguments, which may hold a secret. */
export function programOf(recipe: Recipe): string | undefined {
  if (recipe.kind === 'assume-role') return programOf(recipe.base)
  if (recipe.kind !== 'command') return undefined
  const word = /^\s*(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(recipe.command.expose())
  const program = (word?.[1] ?? word?.[2] ?? word?.[3] ?? '').split(/[\\/]/).at(-1) ?? ''
  return /^[\w.+-]{1,60}$/.test(program) ? program : 'PROGRAM'
}

/** Everything that makes the identity what it is, for its fingerprint. */
export function partsOf(recipe: Recipe): readonly string[] {
  switch (recipe.kind) {
    case 'access-key':
      return [recipe.kind, recipe.id, recipe.secret.expose(), recipe.token?.expose() ?? '']
    case 'assume-role':
      return [recipe.kind, ...roleParts(recipe), recipe.externalId ?? '', recipe.policy ?? '', ...partsOf(recipe.base)]
    case 'oidc':
      return [recipe.kind, ...roleParts(recipe), recipe.providerArn, recipe.tokenFile]
    case 'ecs-role':
      return [recipe.kind, recipe.roleName ?? '']
    case 'uri':
      return [recipe.kind, recipe.uri.expose()]
    case 'command':
      return [recipe.kind, recipe.command.expose()]
    case 'cli-profile':
      return [recipe.kind, recipe.mode, recipe.profileName]
  }
}

/** Account of the identity, if its configuration names it. */
export function accountOf(recipe: Recipe): string | undefined {
  return recipe.kind === 'assume-role' || recipe.kind === 'oidc' ? parseRoleArn(recipe.roleArn).account : undefined
}

function roleParts({ roleArn, sessionName, durationSeconds, stsRegion, stsEndpoint, viaVpc }: RoleParts): string[] {
  return [roleArn, sessionName, String(durationSeconds), stsRegion ?? '', stsEndpoint ?? '', String(viaVpc)]
}

/** The path and the query of a credentials URI may hold a secret. */
function originOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).origin : 'an address that is not a URL'
}
