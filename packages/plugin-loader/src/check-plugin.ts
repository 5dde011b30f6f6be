import { BACKEND_CONTRACT_VERSION, type BackendPlugin } from '@ack-secret-manager/core'
import { PackageProblem } from './find-package.ts'

const NAME = /^[a-z][a-z0-9-]{0,62}$/

/** The backend package that a module exports. @throws PackageProblem naming the part that violates the contract */
export function checkPlugin(module: Readonly<Record<string, unknown>>): BackendPlugin {
  const plugin = module['backendPlugin']
  if (typeof plugin !== 'object' || plugin === null) {
    throw new PackageProblem('it has no export named backendPlugin; check that it is a backend package')
  }
  const { contractVersion, name, optionsSchema, connect } = plugin as Partial<Record<keyof BackendPlugin, unknown>>
  // First, because another version may have another shape.
  if (contractVersion !== BACKEND_CONTRACT_VERSION) throw new PackageProblem(otherVersion(contractVersion))
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new PackageProblem('backendPlugin.name: expected lower-case letters, digits and "-", at most 63')
  }
  if (!isStandardSchema(optionsSchema)) {
    throw new PackageProblem('backendPlugin.optionsSchema: expected a Standard Schema, such as one of zod')
  }
  if (typeof connect !== 'function') throw new PackageProblem('backendPlugin.connect: expected a function')
  // Every part is checked above.
  return plugin as BackendPlugin
}

function otherVersion(version: unknown): string {
  if (typeof version !== 'number') {
    return `backendPlugin.contractVersion: expected ${BACKEND_CONTRACT_VERSION}, got ${typeof version}`
  }
  const which = version > BACKEND_CONTRACT_VERSION ? 'this program' : 'the package'
  return `it implements version ${version} of the backend contract, but this program needs version ${BACKEND_CONTRACT_VERSION}; update ${which}`
}

function isStandardSchema(schema: unknown): boolean {
  // Some libraries use functions as schemas.
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return false
  const standard: unknown = Reflect.get(schema, '~standard')
  return (
    typeof standard === 'object' &&
    standard !== null &&
    Reflect.get(standard, 'version') === 1 &&
    typeof Reflect.get(standard, 'validate') === 'function'
  )
}
