import { type CaseNote, CONTRACT_META } from '@ack-secret-manager/testkit'
import type { Reporter, TestModule } from 'vitest/node'
import type { ContractCell } from './contract-table.ts'

/** Keeps what became of each rule. */
export class ContractReporter implements Reporter {
  readonly cells: ContractCell[] = []
  /** Test files that did not load, and tests outside of a contract that failed. */
  readonly failures: string[] = []

  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) this.#add(module)
  }

  #add(module: TestModule): void {
    const tests = [...module.children.allTests()]
    const states = new Map(tests.map((test) => [test.fullName, test.result().state]))
    const failedBefore = this.cells.filter(({ result }) => result === 'broken').length
    for (const test of tests) {
      const suite = test.fullName.slice(0, -test.name.length)
      for (const note of notesIn(test.meta())) {
        const state = states.get(`${suite}${note.rule}`)
        const result = note.leftOut !== undefined ? 'left out' : state === 'passed' ? 'kept' : 'broken'
        this.cells.push({ ...note, result })
      }
    }
    const failed = this.cells.filter(({ result }) => result === 'broken').length > failedBefore
    if (!module.ok() && !failed) this.failures.push(module.relativeModuleId)
  }
}

function notesIn(meta: object): readonly CaseNote[] {
  const notes: unknown = Reflect.get(meta, CONTRACT_META)
  // The testkit wrote it.
  return Array.isArray(notes) ? (notes as CaseNote[]) : []
}
