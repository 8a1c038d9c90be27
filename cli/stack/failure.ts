/** A failure that people can act on: it is printed as one line, without a stack trace. */
export class StartFailure extends Error {
  readonly nextAction: string

  constructor(message: string, nextAction: string) {
    super(message)
    this.name = 'StartFailure'
    this.nextAction = nextAction
  }
}
