import type { CredentialProvider } from '@ack-secret-manager/core'
import { defined, nameText } from '@ack-secret-manager/core'
import type { ResolveOptions } from '../resolved-identity.ts'
import { CLI_CONFIG_SHOWN, type CliConfig, cliProfileNamed } from './cli-config.ts'
import { type CliProfile, recipeOfCliProfile, regionOfCliProfile } from './cli-profile.ts'
import { type CredentialsSection, recipeOfSection } from './credentials-file.ts'
import { type CredentialsPlace, type Environment, sessionNameOf } from './places.ts'
import { describeRecipe, programOf, type Recipe } from './recipe.ts'
import { recipeProvider } from './recipe-provider.ts'

/** A provider and the region that its profile names. */
export interface ProfileIdentity {
  readonly provider: CredentialProvider
  readonly region?: string
  /** Program of the command that gives the credential. */
  readonly command?: string
  /** A credentials URI gives the credential. */
  readonly isFromUri?: boolean
}

export function fromCliProfile(
  profile: CliProfile,
  config: CliConfig,
  environment: Environment,
  options: ResolveOptions,
): ProfileIdentity {
  const where = `profile ${nameText(profile.name)} of ${CLI_CONFIG_SHOWN}`
  const recipe = recipeOfCliProfile(profile, {
    where,
    profileNamed: (name) => cliProfileNamed(config, name),
    sessionName: sessionNameOf(environment),
    stsEndpoint: options.stsEndpoint,
  })
  const region = regionOfCliProfile(profile, where)
  const isFromUri = recipe.kind === 'uri' || undefined
  return { provider: ofRecipe(recipe, where, options), ...defined({ region, command: programOf(recipe), isFromUri }) }
}

export function fromSection(
  name: string,
  section: CredentialsSection,
  { shown }: CredentialsPlace,
  environment: Environment,
  options: ResolveOptions,
): ProfileIdentity {
  const where = `profile ${nameText(name)} of ${shown}`
  const { stsEndpoint } = options
  const recipe = recipeOfSection(section, { where, sessionName: sessionNameOf(environment), stsEndpoint })
  return { provider: ofRecipe(recipe, where, options) }
}

/** @param where place of the configuration: `profile prod of ~/.aliyun/config.json` */
export function ofRecipe(recipe: Recipe, where: string, options: ResolveOptions): CredentialProvider {
  return recipeProvider(recipe, `${where} (${describeRecipe(recipe)})`, options)
}
