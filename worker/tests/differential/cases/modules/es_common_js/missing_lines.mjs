import {
  unseen,
} from './second.cjs';
