/** A failure that people can act on: it is printed as one line, without a stack trace. */
export class StartFailure extends Error {
  readonly nextAction: string

  constructor(message: string, nextAction: string) {
    super(message)
    this.name = 'StartFailure'
    this.nextAction = nextAction
  }
}

/** Several of them, each with a line of its own. */
export class StartFailures extends Error {
  override readonly name = 'StartFailures'
  readonly failures: readonly StartFailure[]

  constructor(failures: readonly StartFailure[]) {
    super(failures.map(({ message }) => message).join('; '))
    this.failures = failures
  }
}

/** The failures that people can act on in what was thrown; none when it is something else. */
export function failuresIn(error: unknown): readonly StartFailure[] {
  if (error instanceof StartFailures) return error.failures
  return error instanceof StartFailure ? [error] : []
}
