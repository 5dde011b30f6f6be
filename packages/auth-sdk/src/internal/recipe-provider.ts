import {
  defined,
  type Clock,
  type CredentialProvider,
  type CredentialRefresh,
  CredentialRefresher,
  fingerprint,
  systemClock,
  unknownAccount,
} from '@ack-secret-manager/core'
import { accountOf, partsOf, type Recipe } from './recipe.ts'
import { openRecipe, type OpenRecipeOptions } from './sdk-provider.ts'
import { SdkSource } from './sdk-source.ts'

/** Options of a provider of ours over the SDK. */
export interface RecipeProviderOptions extends OpenRecipeOptions {
  readonly timeoutMs?: number
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  readonly clock?: Clock
}

/** Sessions of logins and commands may be without an end; they are asked for again after this time. */
const UNKNOWN_HOLD_MS = 60_000

/** The provider of a recipe: each session is a new one of the SDK, so that `invalidate` replaces it. */
export function recipeProvider(
  recipe: Recipe,
  description: string,
  options: RecipeProviderOptions,
): CredentialProvider {
  const { timeoutMs = defaultTimeoutMs(recipe), ecsRole, proxy, onRefresh, clock = systemClock } = options
  const own = fingerprint('sdk-recipe', ...partsOf(recipe))
  return new CredentialRefresher({
    identity: { kind: 'sdk', fingerprint: own, description, account: accountOf(recipe) ?? unknownAccount(own) },
    source: new SdkSource({
      open: (signal) => openRecipe(recipe, defined({ ecsRole, proxy, signal })),
      what: description,
      holdMs: recipe.kind === 'access-key' ? undefined : UNKNOWN_HOLD_MS,
      ...(recipe.kind === 'access-key' ? { expiresAtMs: recipe.expiresAtMs } : {}),
      clock,
    }),
    fetchTimeoutMs: timeoutMs,
    clock,
    ...defined({ onRefresh }),
  })
}

/** A command has a minute, in which a person may log in. */
function defaultTimeoutMs(recipe: Recipe): number {
  if (recipe.kind === 'assume-role') return defaultTimeoutMs(recipe.base)
  return recipe.kind === 'command' || recipe.kind === 'cli-profile' ? 70_000 : 20_000
}
