//! What a user touches: scenario files, their arms, the library of scenarios; calls as text.

pub mod calls;
pub mod compare;
pub mod conform;
pub mod device;
pub mod expect;
pub mod facts;
pub mod from_image;
pub mod fuzz;
pub mod image_file;
pub mod input;
pub mod inspect;
pub mod library;
pub mod load;
pub mod nearest;
pub mod output;
pub mod prepare;
pub mod present;
pub mod quantity;
pub mod run;
pub mod scenario;
pub mod windows;
pub mod write_image;
