/**
 * Calls a callback of the application. What it throws is a warning of the process, which says nothing of the error but its class: a
 * message may quote a value.
 */
export function notify<A>(name: string, callback: ((argument: A) => unknown) | undefined, argument: A): void {
  const call = async (): Promise<void> => {
    try {
      await callback?.(argument)
    } catch (thrown) {
      warn(name, thrown)
    }
  }
  void call()
}

/** Whether a predicate of the application holds. What it throws is a warning, too, because it would hide the error that it judges. */
export function holds<A>(name: string, predicate: (argument: A) => boolean, argument: A): boolean {
  try {
    return predicate(argument)
  } catch (thrown) {
    warn(name, thrown)
    return false
  }
}

function warn(name: string, thrown: unknown): void {
  const what = thrown instanceof Error ? thrown.constructor.name : typeof thrown
  process.emitWarning(`${name} has thrown (${what}): the secret client goes on`, { code: 'ACKSM_CALLBACK' })
}
