import { runGoProgram } from './go-program.ts'

/** What a Terraform module makes of its variables. */
export interface EvaluatedModule {
  /** Files that `terraform fmt` would change. */
  readonly unformatted: readonly string[]
  /** Variables and locals that no evaluated expression refers to. */
  readonly unused: readonly string[]
  /** Messages of conditions that do not hold. */
  readonly failed: readonly string[]
  /** Arguments by `TYPE.NAME`. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly outputs: Readonly<Record<string, string>>
}

/**
 * Evaluates a Terraform module with the HCL library of Terraform. `terraform validate` needs the provider, which is in no package registry.
 * @throws Error with the message of the library
 */
export async function evaluateModule(directory: string, variables: object): Promise<EvaluatedModule> {
  return (await runGoProgram('terraform', [directory], variables)) as EvaluatedModule
}
