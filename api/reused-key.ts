import { Problem } from './problem.ts'

export function keyReused(): Problem {
  return new Problem('idempotency_key_reused', 'Under this key another body was accepted before.', {
    errors: [
      {
        pointer: '/headers/idempotency-key',
        code: 'idempotency_key_reused',
        message: 'This key belongs to another request.',
      },
    ],
  })
}
