import { describe, expect, it } from 'vitest';
import { exitCodeOf, ProspectError } from '../../../core/errors.js';
import { commandFailure, folderFailure, obstacleIn, obstacleOf } from './failure.js';

const failed = (stderr: string) => ({ ok: false, stdout: '', stderr, ending: 'exit code 1' });

describe('what a program’s failure means', () => {
  it.each([
    ['npm error code ENOTFOUND', 'network'],
    ['Failed to establish a new connection: [Errno -3] Temporary failure in name resolution', 'network'],
    ['ERROR: No matching distribution found for tensorflow-cpu==2.21.0', 'network'],
    ['OSError: [Errno 28] No space left on device', 'space'],
    ['npm error code ENOSPC', 'space'],
    ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', 'hash'],
    ['tfjs_backend.cc:38: error: expected unqualified-id', 'fault'],
  ])('%s is an obstacle of the kind %s', (output, obstacle) => {
    expect(obstacleIn(output, 'exit code 1')).toBe(obstacle);
  });

  it('is the network where a fetch never ends', () => {
    expect(obstacleIn('', 'no end after 300 s')).toBe('network');
  });

  it('is told with the step, the remedy and the program’s last words', () => {
    const error = commandFailure('Fetching x with pip', failed('a\nNo space left on device'));
    expect(error.message).toMatch(/^Fetching x with pip failed\. The disk is full: free some space/);
    expect(error.message).toContain('No space left on device');
    expect(exitCodeOf(error)).toBe(5);
    expect(obstacleOf(error)).toBe('space');
  });

  it('names the folder that cannot be written, and the way out', () => {
    const error = folderFailure('/read-only', Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' }));
    expect(error.message).toMatch(/^Cannot write to \/read-only .*\$PROSPECT_CACHE/);
    expect(obstacleOf(error)).toBe('folder');
  });

  it('is not read into errors of another kind', () => {
    expect(obstacleOf(new ProspectError('STORAGE', 'x'))).toBeUndefined();
    expect(obstacleOf(new TypeError('x'))).toBeUndefined();
  });
});
