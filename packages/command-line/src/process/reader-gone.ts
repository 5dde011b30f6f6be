/** A stream that emits errors, such as `process.stdout`. */
export interface ErrorSource {
  on(event: 'error', listener: (error: Error) => void): unknown
}

/**
 * Calls `onGone` when the reader of a stream has closed it (`| head`), which Node reports as EPIPE.
 * @param onFailed called with the error code of the system for any other failure, such as a full disk @default it is thrown
 */
export function onReaderGone(stream: ErrorSource, onGone: () => void, onFailed?: (code: string) => void): void {
  stream.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : undefined
    if (code === 'EPIPE') return onGone()
    if (code === undefined || onFailed === undefined) throw error
    onFailed(code)
  })
}
