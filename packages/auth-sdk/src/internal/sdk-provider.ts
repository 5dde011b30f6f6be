import type { CredentialsProvider } from '@alicloud/credentials'
import type { Recipe } from './recipe.ts'
import type { ReadableCredential } from './sdk-source.ts'

/** Loaded at the first use, because it takes longer than the start of a command line. */
const loadSdk = () => import('@alicloud/credentials')

type Sdk = Awaited<ReturnType<typeof loadSdk>>

/** A new credential of the SDK for a recipe, without a session yet. Every field is set, so that the SDK takes none from the environment. */
export async function openRecipe(recipe: Recipe): Promise<ReadableCredential> {
  const provider = providerOf(recipe, await loadSdk())
  return Object.assign({ provider }, { getCredential: () => provider.getCredentials() })
}

function providerOf(recipe: Recipe, sdk: Sdk): CredentialsProvider {
  switch (recipe.kind) {
    case 'access-key':
      return accessKey(recipe, sdk)
    case 'assume-role':
      return assumeRole(recipe, sdk)
    case 'oidc':
      return oidc(recipe, sdk)
    case 'ecs-role':
      return ecsRole(recipe, sdk)
    case 'uri':
      return sdk.URICredentialsProvider.builder().withCredentialsURI(recipe.uri.expose()).build()
    case 'cli-profile':
      return sdk.CLIProfileCredentialsProvider.builder().withProfileName(recipe.profileName).build()
  }
}

type Of<K extends Recipe['kind']> = Extract<Recipe, { kind: K }>

function accessKey({ id, secret, token }: Of<'access-key'>, sdk: Sdk): CredentialsProvider {
  const key = secret.expose()
  if (token === undefined) {
    return sdk.StaticAKCredentialsProvider.builder().withAccessKeyId(id).withAccessKeySecret(key).build()
  }
  const builder = sdk.StaticSTSCredentialsProvider.builder().withAccessKeyId(id).withAccessKeySecret(key)
  return builder.withSecurityToken(token.expose()).build()
}

function assumeRole(recipe: Of<'assume-role'>, sdk: Sdk): CredentialsProvider {
  const { base, roleArn, sessionName, durationSeconds, externalId, policy, stsRegion, stsEndpoint, viaVpc } = recipe
  const builder = sdk.RAMRoleARNCredentialsProvider.builder()
    .withCredentialsProvider(providerOf(base, sdk))
    .withRoleArn(roleArn)
    .withRoleSessionName(sessionName)
  if (durationSeconds !== undefined) builder.withDurationSeconds(durationSeconds)
  if (externalId !== undefined) builder.withExternalId(externalId)
  if (policy !== undefined) builder.withPolicy(policy)
  if (stsRegion !== undefined) builder.withStsRegionId(stsRegion)
  if (stsEndpoint !== undefined) builder.withStsEndpoint(stsEndpoint)
  if (viaVpc !== undefined) builder.withEnableVpc(viaVpc)
  return builder.build()
}

function oidc(recipe: Of<'oidc'>, sdk: Sdk): CredentialsProvider {
  const { roleArn, sessionName, durationSeconds, providerArn, tokenFile, stsRegion, stsEndpoint, viaVpc } = recipe
  const builder = sdk.OIDCRoleArnCredentialsProvider.builder()
    .withRoleArn(roleArn)
    .withRoleSessionName(sessionName)
    .withOIDCProviderArn(providerArn)
    .withOIDCTokenFilePath(tokenFile)
  if (durationSeconds !== undefined) builder.withDurationSeconds(durationSeconds)
  if (stsRegion !== undefined) builder.withStsRegionId(stsRegion)
  if (stsEndpoint !== undefined) builder.withStsEndpoint(stsEndpoint)
  if (viaVpc !== undefined) builder.withEnableVpc(viaVpc)
  return builder.build()
}

function ecsRole({ roleName }: Of<'ecs-role'>, sdk: Sdk): CredentialsProvider {
  const builder = sdk.ECSRAMRoleCredentialsProvider.builder()
  if (roleName !== undefined) builder.withRoleName(roleName)
  return builder.build()
}
