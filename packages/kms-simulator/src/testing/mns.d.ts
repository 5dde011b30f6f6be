declare module '@alicloud/mns' {
  type Call = (...args: readonly unknown[]) => Promise<{ readonly code: number; readonly body: unknown }>

  /** The part of the client that the tests use. The package has no types. */
  export default class MnsClient {
    constructor(account: string, options: object)
    sendMessage: Call
    batchSendMessage: Call
    receiveMessage: Call
    batchReceiveMessage: Call
    peekMessage: Call
    deleteMessage: Call
    batchDeleteMessage: Call
    changeMessageVisibility: Call
    getQueueAttributes: Call
  }
}
