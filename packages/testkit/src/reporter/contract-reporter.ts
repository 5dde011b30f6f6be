import type { Reporter, TestModule } from 'vitest/node'
import type { CaseNote } from '../contract-case.ts'
import { CONTRACT_META } from './contract-meta.ts'
import { type ContractCell, contractTables } from './contract-table.ts'

/** Vitest reporter that prints a table for each contract: rules down, subjects across. */
// oxlint-disable-next-line import/no-default-export -- vitest loads reporters by their default export
export default class ContractReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    process.stdout.write(`${contractTables(modules.flatMap(cellsOf))}\n`)
  }
}

function cellsOf(module: TestModule): ContractCell[] {
  const tests = [...module.children.allTests()]
  const states = new Map(tests.map((test) => [test.fullName, test.result().state]))
  return tests.flatMap((test) => {
    const suite = test.fullName.slice(0, -test.name.length)
    return notesIn(test.meta()).map((note): ContractCell => {
      const isKept = states.get(`${suite}${note.rule}`) === 'passed'
      return { ...note, result: note.leftOut !== undefined ? 'left out' : isKept ? 'kept' : 'broken' }
    })
  })
}

function notesIn(meta: object): readonly CaseNote[] {
  const notes: unknown = Reflect.get(meta, CONTRACT_META)
  // The testkit wrote it.
  return Array.isArray(notes) ? (notes as CaseNote[]) : []
}
