import { Budget } from './budget.ts'
import { TRANSFORM_LIMITS } from './limits.ts'

const { documentsBytes, nameSteps, outputBytes, pathSteps, ruleSteps, yamlDocumentsBytes } = TRANSFORM_LIMITS

/** Common budget of all documents, paths, extractions and key rules of one resource. */
export class WorkBudget {
  /** @internal */
  readonly documents = new Budget(documentsBytes, `the documents exceed ${documentsBytes} bytes in total`)
  /** @internal */
  readonly yaml = new Budget(
    yamlDocumentsBytes,
    `the documents that are not JSON exceed ${yamlDocumentsBytes} bytes in total; YAML takes longer to parse`,
  )
  /** @internal */
  readonly paths = new Budget(pathSteps, `the paths take more than ${pathSteps} steps on this document`)
  /** @internal */
  readonly rules = new Budget(ruleSteps, `the replace rules take more than ${ruleSteps} steps on these keys`)
  /** @internal */
  readonly names = new Budget(
    nameSteps,
    `the regular expressions take more than ${nameSteps} steps on the names of secrets; add a path`,
  )
  /** @internal */
  readonly output = new Budget(outputBytes, `the values exceed ${outputBytes} bytes in total`)

  /** The work so far, weighted so that 1 is about a microsecond of CPU time. */
  get effort(): number {
    const { documents, yaml, paths, rules, names, output } = this
    return (
      documents.spent / 10 + yaml.spent * 4 + paths.spent / 12 + (rules.spent + names.spent) / 60 + output.spent / 100
    )
  }
}
