/** A stream that emits errors, such as `process.stdout`. */
export interface ErrorSource {
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Calls `onGone` when the reader of a stream has closed it (`| head`), which Node reports as EPIPE. Other errors are thrown. */
export function onReaderGone(stream: ErrorSource, onGone: () => void): void {
  stream.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error
    onGone()
  })
}
